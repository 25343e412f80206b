"""Large repositories are cut by their folders: nothing is lost, nothing is too large, order does not matter."""

from hypothesis import given
from hypothesis import strategies as st

from tilth.syntax.parts import Member, parts_of

NAMES = st.sampled_from(["a", "b", "core", "tests", "x1", "x2"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
FILES = st.lists(
    st.tuples(PATHS, st.integers(1, 50), st.booleans()), max_size=30, unique_by=lambda file: file[0]
)


def members_of(files):
    return [
        Member(str(number), f"{path}/f{number}.py", size, is_test)
        for number, (path, size, is_test) in enumerate(files)
    ]


@given(FILES, st.integers(10, 400), st.randoms())
def test_every_file_is_in_one_part_that_has_room_whatever_the_order(files, room, random):
    members = members_of(files)
    imports = {member.document_id: [members[0].document_id] for member in members if member.is_test}
    parts = parts_of(members, imports, room)
    assert parts.keys() == {member.document_id for member in members}
    held: dict[str, list[int]] = {}
    for member in members:
        held.setdefault(parts[member.document_id], []).append(member.size_bytes)
    for sizes in held.values():
        assert sum(sizes) <= room or len(sizes) == 1
    shuffled = list(members)
    random.shuffle(shuffled)
    assert parts_of(shuffled, imports, room) == parts


def test_a_folder_that_has_room_stays_whole_and_its_tests_follow_it():
    files = [
        Member("1", "pkg/one/a.py", 30, False),
        Member("2", "pkg/one/b.py", 10, False),
        Member("3", "pkg/two/a.py", 30, False),
        Member("4", "tests/test_one.py", 30, True),
        Member("5", "tests/test_two.py", 30, True),
        Member("6", "tests/test_nothing.py", 5, True),
    ]
    parts = parts_of(files, {"4": ["1", "2"], "5": ["3", "1", "3"]}, 80)
    assert parts["1"] == parts["2"] == parts["4"] == "pkg/one/a.py"
    assert parts["3"] == parts["5"] == "pkg/two/a.py"
    assert parts["6"] == "tests/test_nothing.py"


def test_a_change_in_one_folder_moves_nothing_in_another():
    files = [Member(f"{folder}{n}", f"{folder}/{n}.py", 10, False) for folder in "abc" for n in range(6)]
    before = parts_of(files, {}, 40)
    after = parts_of([*files, Member("new", "a/00.py", 25, False)], {}, 40)
    assert {name: part for name, part in after.items() if name[0] in "bc"} == {
        name: part for name, part in before.items() if name[0] in "bc"
    }

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.open_file import digest_of_bytes, digest_of_file, read_at_most


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=250))
def test_no_more_is_read_than_asked_for(tmp_path_factory, data, most):
    path = tmp_path_factory.getbasetemp() / "file"
    path.write_bytes(data)
    assert read_at_most(str(path), most) == data[:most]
    assert digest_of_file(str(path)) == digest_of_bytes(data)


def test_a_link_is_not_opened(tmp_path):
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(OSError, match="link"):
        read_at_most(str(tmp_path / "link"), 10)


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_at_most(str(tmp_path / "pipe"), 10)

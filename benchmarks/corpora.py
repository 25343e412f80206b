"""Real corpora to measure on, from packages that any machine can get by its ordinary clients.

    python -m benchmarks.corpora FOLDER [--megabytes 100] [--cache FOLDER]

Python comes from the standard library, from the packages beside Tilth and from wheels (`pip download`), JavaScript
and TypeScript from `npm pack`, Go, Rust and Java from Debian's source packages (`apt-get download`), prose from the
machine's own `/usr/share/doc`. What is already in the cache is not asked for again, and what cannot be had is
named and passed over.

A corpus is `FOLDER/code` and `FOLDER/prose`. Every text stands in it once (by the digest of its bytes); generated,
minified and vendored files are left out, as ingest would leave them out; which files are taken is decided by
their digests alone, 60 % of the bytes Python. Wheels stand in several versions in the list: a corpus of a gigabyte
is distinct by bytes, and has near-duplicates as real corpora have.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.split import LEAST_BYTES, MOST_BYTES, SUFFIXES
from tilth.detect.files import generated_reason, minified_reason, vendored_reason

# Share of the bytes of a corpus of code. At least half is Python, because only Python meets Ruff and Radon.
SHARES = {"python": 0.60, "javascript": 0.08, "typescript": 0.08, "go": 0.08, "rust": 0.08, "java": 0.08}

# Large, hand-written, of pure Python or nearly; several versions where the gigabyte needs them.
WHEELS = (
    *(
        "sympy==1.14.0 sympy==1.12 sympy==1.10 django==5.2 django==4.2 django==3.2 ansible-core==2.16.0"
    ).split(),
    *("transformers==4.57.0 transformers==4.40.0 transformers==4.20.0 homeassistant ansible==9.0.0").split(),
    *("apache-airflow-core salt odoo-addons sqlalchemy==2.0.40 sqlalchemy==1.4.54 diffusers==0.35.0").split(),
    *("diffusers==0.25.0 networkx==3.4 networkx==2.8 mypy==1.11.0 nltk pygments==2.19.0 docutils").split(),
    *("botocore==1.40.0 sentry-sdk scrapy twisted zope.interface babel jax==0.5.0 jax==0.4.20").split(),
    *("langchain==0.1.0 langchain-community==0.3.0 llama-index-core dask distributed prefect==3.4.0").split(),
    *("prefect==2.20.0 mlflow-skinny dagster buildbot wagtail django-cms celery kombu fonttools").split(),
    *("sphinx ipython jedi pylint astroid qiskit-aer cirq-core pennylane azure-mgmt-compute").split(),
    *(
        "keras==3.10.0 keras==2.15.0 tensorflow-datasets gradio streamlit plotly bokeh panel holoviews"
    ).split(),
    *("pandas-stubs types-requests torchvision torchaudio timm==1.0.9 timm==0.9.2 sqlglot==27.0.0").split(),
    *("sqlglot==20.0.0 textual rich hypothesis werkzeug aiohttp poetry conan paramiko ray trac").split(),
    *("oslo.messaging nova neutron cinder keystone heat glance horizon octavia ironic manila").split(),
)
NPM = (
    *(
        "three lodash ethers effect rxjs viem zod puppeteer-core @babylonjs/core eslint webpack svelte vue"
    ).split(),
    *("@angular/core @angular/compiler date-fns ajv mermaid d3 @mui/material antd playwright-core").split(),
    *(
        "typeorm @sequelize/core sequelize mongoose mathjs chart.js ol cesium @polkadot/api @nestjs/core"
    ).split(),
    *("openai @anthropic-ai/sdk stripe googleapis @tensorflow/tfjs-core @aws-sdk/client-s3 graphql").split(),
    *("prettier @babel/core @babel/traverse knex express hono @trpc/server drizzle-orm preact ramda").split(),
    *("@thi.ng/geom fp-ts io-ts type-fest ts-morph typedoc @apollo/client apollo-server-core").split(),
)
# Names change with the release; the first of each line that apt knows is taken.
DEBIAN = (
    ("golang-1.19-src", "golang-1.24-src"),
    ("rust-src",),
    ("openjdk-17-source", "openjdk-21-source"),
    ("golang-golang-x-tools-dev",),
    ("golang-k8s-client-go-dev",),
)
PROSE_SUFFIXES = (".md", ".rst", ".txt", ".html", "")


class Text(NamedTuple):
    """A file that may be taken: where it comes from, its name in the corpus, its bytes' digest and length."""

    digest: str
    name: str
    path: Path
    size: int


def fetch(cache: Path) -> list[Path]:
    """Bring the packages into the cache and unpack them; the folders that hold sources."""
    cache.mkdir(parents=True, exist_ok=True)
    folders = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")]
    for name in WHEELS:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            name,
        ]
        folders.append(_package(cache, "pypi", name, command))
    folders += [_package(cache, "npm", name, ["npm", "pack", "--silent", name]) for name in NPM]
    for names in DEBIAN:
        for name in names:
            folder = _package(cache, "debian", name, ["apt-get", "download", "-qq", name])
            folders.append(folder)
            if any(folder.iterdir()):
                break
    return folders


def _package(cache: Path, registry: str, name: str, command: list[str]) -> Path:
    """The folder of an unpacked package; empty when it cannot be had."""
    folder = cache / registry / name.replace("/", "-")
    if folder.is_dir():
        return folder
    staging = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        done = subprocess.run(command, cwd=staging, capture_output=True, check=False, timeout=300)
        fetched = sorted(staging.iterdir()) if done.returncode == 0 else []
    except (subprocess.TimeoutExpired, FileNotFoundError):
        fetched = []
    if not fetched:
        print(f"{registry}: {name} cannot be had here", flush=True)
    for archive in fetched:
        _unpack(archive, staging)
    staging.rename(folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(archive), str(folder)], check=True)
        # The JDK's sources are one zip inside.
        for inner in sorted(folder.rglob("src.zip")):
            if inner.is_file() and not inner.is_symlink():
                _unpack(inner, folder)
    elif archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            wanted = [name for name in opened.namelist() if Path(name).suffix in SUFFIXES]
            opened.extractall(folder, wanted)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    archive.unlink()


def texts_of(folders: Iterable[Path], suffixes: Iterable[str]) -> Iterator[Text]:
    """The files of these suffixes that are hand-written text of a usual size, named by package and path."""
    wanted = frozenset(suffixes)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix not in wanted or path.is_symlink() or not path.is_file():
                continue
            inside = path.relative_to(folder).as_posix()
            if not LEAST_BYTES <= path.stat().st_size <= MOST_BYTES or vendored_reason(inside):
                continue
            data = path.read_bytes()
            if _is_text(data) and not generated_reason(inside, data) and not minified_reason(data):
                digest = hashlib.blake2b(data, digest_size=16).hexdigest()
                yield Text(digest, f"{folder.name}/{inside}", path, len(data))


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def choose(texts: Iterable[Text], most_bytes: float) -> list[Text]:
    """Distinct texts in the order of their digests, up to so many bytes."""
    chosen: list[Text] = []
    size, last = 0, ""
    for text in sorted(texts):
        if text.digest == last:
            continue
        last = text.digest
        size += text.size
        if size > most_bytes:
            break
        chosen.append(text)
    return chosen


def gather(folder: Path, cache: Path, megabytes: float) -> None:
    """Fill `folder/code` and `folder/prose`, and say of what."""
    found: dict[str, list[Text]] = {}
    for text in texts_of(fetch(cache), SUFFIXES):
        found.setdefault(SUFFIXES[text.path.suffix], []).append(text)
    for language, share in SHARES.items():
        chosen = choose(found.get(language, ()), share * megabytes * 1e6)
        _copy(chosen, folder / "code")
        print(f"{language:<12}{len(chosen):>8} files{sum(text.size for text in chosen) / 1e6:>9.1f} MB")
    documents = choose(texts_of([Path("/usr/share/doc")], PROSE_SUFFIXES), megabytes / 10 * 1e6)
    _copy(documents, folder / "prose")
    print(f"{'prose':<12}{len(documents):>8} files{sum(text.size for text in documents) / 1e6:>9.1f} MB")


def _copy(texts: Iterable[Text], folder: Path) -> None:
    for text in texts:
        target = folder / text.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(text.path, target)


def main() -> None:
    """Gather a corpus."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=100.0, help="bytes of code, about")
    parser.add_argument(
        "--cache", type=Path, default=Path("benchmarks/.cache"), help="where packages are kept"
    )
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        parser.error(f"{options.folder} is not empty")
    gather(options.folder, options.cache.absolute(), options.megabytes)


if __name__ == "__main__":
    main()

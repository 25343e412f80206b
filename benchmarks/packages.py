"""Packages with real code in fifteen languages, brought by the ordinary clients of their registries.

Python comes from wheels (`pip download`), JavaScript, TypeScript, Kotlin and Swift from `npm pack`, Go, Rust and Java
from Debian's packages that hold sources (`apt-get download`), C, C++, C#, Ruby, PHP, Kotlin, Scala and Bash from
Debian's own source packages (`apt-get source`; where they are is what the machine's apt is set up with, a release's
sources standing beside its packages). What is in the cache is not asked for again; what cannot be had is named
and passed over.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.split import SUFFIXES

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
# Of frameworks for mobile apps, which bring their native halves.
NPM_NATIVE = (
    *(
        "expo-modules-core react-native-vision-camera @capacitor/ios lottie-ios expo-updates expo-camera"
    ).split(),
    *(
        "@stripe/stripe-react-native expo-notifications expo-file-system @capacitor/android expo-image"
    ).split(),
    *("expo-video expo-dev-menu expo-dev-launcher react-native-reanimated @rnmapbox/maps").split(),
)
# Names change with the release; the first of each line that apt knows is taken.
DEBIAN = (
    ("golang-1.19-src", "golang-1.24-src"),
    ("rust-src",),
    ("openjdk-17-source", "openjdk-21-source"),
    ("golang-golang-x-tools-dev",),
    ("golang-k8s-client-go-dev",),
)
# By language, though most hold several.
DEBIAN_SOURCES = (
    *"redis lua5.4 curl zsh".split(),
    *"leveldb fmtlib abseil protobuf rocksdb cmake".split(),
    *"keepass2 mono-addins nunit grpc".split(),
    *"rails jekyll vagrant ruby-sequel".split(),
    *"symfony composer phpunit wordpress".split(),
    *"kotlin kotlinx-coroutines okio".split(),
    *"scala scala-parser-combinators".split(),
    *"git bash-completion bats dracut liquidprompt byobu debootstrap shunit2 autopkgtest lxc".split(),
)


def fetch(cache: Path) -> list[Path]:
    """Bring the packages into the cache and unpack them; the folders that hold sources."""
    cache.mkdir(parents=True, exist_ok=True)
    folders = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    folders += [_package(cache, "pypi", name, [*pip, name]) for name in WHEELS]
    folders += [
        _package(cache, "npm", name, ["npm", "pack", "--silent", name]) for name in (*NPM, *NPM_NATIVE)
    ]
    for names in DEBIAN:
        for name in names:
            folder = _package(cache, "debian", name, ["apt-get", "download", "-qq", name])
            folders.append(folder)
            if any(folder.iterdir()):
                break
    wanted = [name for name in DEBIAN_SOURCES if not (cache / "debian-source" / name).is_dir()]
    apt = ["apt-get", *(_sources_of_apt(cache / "apt") if wanted else ())]
    apt += ["source", "-qq", "--tar-only", "--only-source"]
    folders += [_package(cache, "debian-source", name, [*apt, name]) for name in DEBIAN_SOURCES]
    return folders


def _sources_of_apt(folder: Path) -> list[str]:
    """Options under which apt knows the sources of what it is set up with; its own lists stay as they are."""
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    asked = [
        "apt-get",
        "indextargets",
        "--format",
        "deb-src $(SITE) $(RELEASE) $(COMPONENT)",
        "Created-By: Packages",
    ]
    options = [
        *("-o", f"Dir::Etc::SourceList={folder / 'sources.list'}", "-o", "Dir::Etc::SourceParts=/dev/null"),
        *("-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}"),
    ]
    try:
        known = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
        (folder / "sources.list").write_text(known)
        subprocess.run(["apt-get", *options, "-qq", "update"], capture_output=True, check=True, timeout=300)
    except (subprocess.SubprocessError, FileNotFoundError):
        print("debian-source: apt knows of no sources here", flush=True)
    return options


def _package(cache: Path, registry: str, name: str, command: list[str]) -> Path:
    """The folder of an unpacked package; empty when it cannot be had."""
    folder = cache / registry / name.replace("/", "-")
    if folder.is_dir():
        return folder
    staging = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        subprocess.run(command, cwd=staging, capture_output=True, check=True, timeout=300)
    except (subprocess.SubprocessError, FileNotFoundError):
        print(f"{registry}: {name} cannot be had here", flush=True)
        shutil.rmtree(staging)
        staging.mkdir()
    for archive in sorted(staging.iterdir()):
        _unpack(archive, staging)
    staging.rename(folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack what may be code, and leave the archive behind."""
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
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, _code_of(tar), filter="data")
    archive.unlink()


def _code_of(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Its plain files with the suffix of a language; links may point anywhere."""
    return (member for member in tar if member.isfile() and Path(member.name).suffix in SUFFIXES)

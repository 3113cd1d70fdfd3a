"""The people of Speech Commands: their registry, loading their clips, and fetching them."""

import errno
import hashlib
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile

import helpers
from archives import LINKS, answer, closed_port, fetcher, member, pack, pack_with, snapshot
from recording_cases import tone
from spoken_digits import fetching
from spoken_digits.audio import SAMPLE_RATE, read_clip
from spoken_digits.dataset import DIGIT_WORDS, NONE, load_recordings
from spoken_digits.fetching import FetchError, fetch_recordings
from spoken_digits.people import registered_people

ROOT = Path(__file__).parents[1]
PARTS = ["test", "training", "test", "training", "test", "validation"]  # by hash modulo 6
COLUMNS = ["digit", "speaker", "take", "seconds", "path", "waveform", "word", "part"]


def part_of(person):
    """The rule of recordings/README.md."""
    return PARTS[int(hashlib.sha256(person.encode()).hexdigest(), 16) % 6]


# --- The registry ---


def test_a_person_is_in_the_part_that_the_code_says():
    table = registered_people()
    assert list(table["part"]) == [part_of(person) for person in table["speaker"]]


def test_the_registry_is_sorted_and_unique():
    names = registered_people()["name"]
    assert list(names) == sorted(names, key=lambda name: (Path(name).name, name))
    assert names.is_unique
    assert set(names) == set(fetching.registry("people"))


def test_counts_of_the_registry():
    table = registered_people()
    digits = table[table["word"].isin(DIGIT_WORDS)]
    others = table[~table["word"].isin(DIGIT_WORDS)]
    assert (len(digits), digits["speaker"].nunique()) == (2273, 523)
    assert (len(others), others["word"].nunique()) == (846, 25)
    assert table["speaker"].nunique() == 717
    counts = digits["word"].value_counts()
    assert all(counts[["zero", "one", "five", "eight"]].between(545, 560))
    assert list(counts[["two", "three", "four", "six", "seven", "nine"]]) == [10] * 6


def test_a_sound_that_is_there_twice_is_of_one_person():
    table = registered_people().assign(sha256=lambda t: t["name"].map(fetching.registry("people")))
    twice = table[table.duplicated("sha256", keep=False)].groupby("sha256")
    assert len(twice) == 5
    assert set(twice.size()) == {2}
    assert set(twice["speaker"].nunique()) == {1}


@pytest.mark.parametrize("part", ["training", "validation", "test"])
def test_the_documented_table_of_parts(part):
    table = registered_people()
    table = table[table["part"] == part]
    is_digit = table["word"].isin(DIGIT_WORDS)
    people = [table["speaker"].nunique(), table.loc[is_digit, "speaker"].nunique()]
    row = [f"{count:,}" for count in (*people, is_digit.sum(), (~is_digit).sum())]
    document = (ROOT / "recordings" / "README.md").read_text(encoding="utf-8")
    assert f"| `{part}` | {' | '.join(row)} |" in document


# --- The clips themselves ---


def test_people(people):
    assert people.attrs == {"corpus": "people"}
    assert list(people.columns) == COLUMNS
    assert list(people.index) == list(range(2273))
    assert people["speaker"].nunique() == 523
    assert list(people["digit"]) == [DIGIT_WORDS.index(word) for word in people["word"]]


def test_other_words(other_words):
    assert other_words.attrs == {"corpus": "other_words"}
    assert list(other_words.columns) == COLUMNS
    assert len(other_words) == 846
    assert set(other_words["digit"]) == {NONE} == {helpers.NONE} == {10}
    assert other_words["word"].nunique() == 25
    assert not set(other_words["word"]) & set(DIGIT_WORDS)


def test_rows_and_files_belong_together(people, other_words):
    for clips in (people, other_words):
        assert [clips[column].dtype.kind for column in ("digit", "take", "seconds")] == list("iif")
        names = [f"{clip.speaker}_nohash_{clip.take}.wav" for clip in clips.itertuples()]
        assert [Path(path).name for path in clips["path"]] == names == sorted(names)
        assert [Path(path).parent.name for path in clips["path"]] == list(clips["word"])
        assert list(clips["part"]) == [part_of(person) for person in clips["speaker"]]


def test_their_waveforms(people, other_words):
    for clip in itertools.chain(people.itertuples(), other_words.itertuples()):
        assert clip.waveform.dtype == np.float32
        assert 0 < np.abs(clip.waveform).max() <= 1
        assert clip.seconds == clip.waveform.size / SAMPLE_RATE
        assert 0.2 < clip.seconds <= 1
    clip = people.iloc[100]
    np.testing.assert_array_equal(clip["waveform"], read_clip(clip["path"]))


# --- A small corpus, to see what happens when things go wrong ---


def wav(frequency):
    """The bytes of a quarter of a second at 16 kHz, so noisy that it cannot be packed."""
    samples = 0.2 * tone(frequency, 16000, 0.25)
    samples += 0.01 * np.random.default_rng(frequency).standard_normal(samples.size)
    file = io.BytesIO()
    soundfile.write(file, samples, 16000, format="WAV")
    return file.getvalue()


# One person says several words under one file name, as in the dataset.
FILES = {
    f"{word}/{person}_nohash_{take}.wav": wav(200 + 50 * i)
    for i, (word, person, take) in enumerate(
        itertools.product(["five", "one", "tree"], ["0a7c2a8d", "f00dcafe"], range(3))
    )
}
FIRST, CHANGED, *_, LAST = FILES
BEHIND = "zero/00000000_nohash_0.wav"  # a clip of the archive that the registry does not name


def dataset(**changes):
    """The members of the archive; a change is other content, or None for a missing member."""
    files = {**FILES, BEHIND: wav(99), **changes}
    return [member(f"./{name}", content) for name, content in files.items() if content]


ARCHIVE = pack(dataset())


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """A recordings folder with a registry of people, one right file and one changed file."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    lines = [
        f"{name} {hashlib.sha256(content).hexdigest()} {part_of(name.split('/')[1].split('_')[0])}"
        for name, content in FILES.items()
    ]
    (folder / "people.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(fetching, "RECORDINGS", folder)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("SPEECH_COMMANDS_ARCHIVE", raising=False)
    return folder


@pytest.fixture
def begun(recordings):
    """The same, where one right file and one changed file are there already."""
    for name, content in {FIRST: FILES[FIRST], CHANGED: b"changed"}.items():
        (recordings / "people" / name).parent.mkdir(parents=True, exist_ok=True)
        (recordings / "people" / name).write_bytes(content)
    return recordings


@pytest.fixture
def fetch(recordings, monkeypatch):
    return fetcher("people", recordings, monkeypatch)


def files_there():
    """Name -> content of all that lies in recordings/people."""
    folder = fetching.RECORDINGS / "people"
    paths = [path for path in folder.rglob("*") if not path.is_dir()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def check_fault(fetch, source, *words):
    """A fault is told in a sentence, changes nothing, and the next run repairs what is missing."""
    before = snapshot(fetching.RECORDINGS)
    with pytest.raises(FetchError) as fault:
        fetch(source)
    assert snapshot(fetching.RECORDINGS) == before
    assert str(fault.value).endswith(".")
    for word in words:
        assert word in str(fault.value)
    fetch(ARCHIVE)
    assert files_there() == FILES


# --- Fetching them ---


def test_they_arrive_and_are_not_fetched_again(serve, fetch, begun):
    server = serve(answer(ARCHIVE))
    assert fetch(server.url) == begun / "people"
    assert files_there() == FILES
    assert {path.name for path in begun.iterdir()} == {"people", "people.txt", ".lock"}
    fetch(server.url)
    assert server.requests == 1


def test_without_a_variable_they_come_from_the_public_archive(serve, recordings, monkeypatch):
    public = fetching.ARCHIVES["people"]._replace(url=serve(answer(ARCHIVE)).url)
    assert fetching.ARCHIVES["people"].url.endswith("/speech_commands_v0.02.tar.gz")
    monkeypatch.setitem(fetching.ARCHIVES, "people", public)
    fetch_recordings("people")
    assert files_there() == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_any_tar_archive_will_do(fetch, mode):
    fetch(pack(dataset(), mode))
    assert files_there() == FILES


def test_the_words_may_lie_in_a_folder(fetch):
    members = [member(f"data/v0.02/{name}", content) for name, content in FILES.items()]
    fetch(pack(members))
    assert files_there() == FILES


def test_a_server_is_asked_not_to_pack_it_again(serve, fetch):
    headers = []

    def reply(request):
        headers.append(request.headers["Accept-Encoding"])
        answer(ARCHIVE)(request)

    fetch(serve(reply).url)
    assert headers == ["identity"]


def test_only_what_is_wrong_is_written(fetch, begun):
    fetch(ARCHIVE)
    (begun / "people" / LAST).unlink()
    times = {name: (begun / "people" / name).stat().st_mtime_ns for name in FILES if name != LAST}
    fetch(ARCHIVE)
    assert files_there() == FILES
    assert times == {name: (begun / "people" / name).stat().st_mtime_ns for name in times}


def test_what_follows_the_last_missing_clip_is_not_read(fetch, begun):
    fetch(ARCHIVE)
    (begun / "people" / FIRST).unlink()
    fetch(ARCHIVE[: len(ARCHIVE) // 2])
    assert files_there() == FILES


def test_the_archive_is_never_stored(serve, recordings):
    server = serve(answer(ARCHIVE))
    limit = max(map(len, FILES.values())) + 1
    assert len(ARCHIVE) > 5 * limit
    code = (
        "import pathlib, resource, sys; from spoken_digits import fetching; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "
        "fetching.RECORDINGS = pathlib.Path(sys.argv[1]); fetching.fetch_recordings('people')"
    )
    variables = {**os.environ, "SPEECH_COMMANDS_ARCHIVE": server.url}
    command = [sys.executable, "-B", "-c", code, str(recordings)]
    subprocess.run(command, cwd=ROOT, env=variables, check=True)
    assert files_there() == FILES


# --- What the archive lacks ---

WRONG = {
    "missing": None,
    "tampered": b"RIFF",
    "cut": FILES[LAST][:-1],
    "longer": FILES[LAST] + b"\0",
    "of-another": FILES[FIRST],
    "huge": b"\0" * 2_000_000,
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_what_the_archive_lacks_is_told_and_the_rest_arrives(fetch, begun, capsys, content):
    fetch(pack(dataset(**{LAST: content, CHANGED: None})))
    kept = {**FILES, CHANGED: b"changed"}
    del kept[LAST]
    assert files_there() == kept  # a file that cannot be replaced stays as it was
    (sentence,) = capsys.readouterr().out.splitlines()
    assert "lacks 2 of the 18 files of recordings/people.txt, or has others." in sentence
    fetch(ARCHIVE)
    assert files_there() == FILES
    assert capsys.readouterr().out == ""


def test_it_may_lack_all_that_is_still_missing(fetch, recordings, capsys):
    partial = pack(dataset(**{LAST: None}))
    fetch(partial)
    fetch(partial)
    assert len(files_there()) == len(FILES) - 1
    assert capsys.readouterr().out.count("lacks 1 of the 18 files") == 2


def test_an_archive_without_any_of_them_is_a_fault(fetch, recordings):
    check_fault(fetch, pack([member("./" + BEHIND, wav(99))]), FIRST, "people.txt", "17 other")


@pytest.mark.parametrize("kind", LINKS)
def test_a_clip_must_be_a_file(fetch, kind, capsys):
    fetch(pack([member("./" + LAST, **LINKS[kind]), *dataset(**{LAST: None})]))
    assert files_there().keys() == FILES.keys() - {LAST}
    assert "lacks 1 of" in capsys.readouterr().out


STRANGERS = {
    "unregistered": member("./five/0a7c2a8d_nohash_9.wav", b"evil"),
    "other-word": member("./zero/" + Path(LAST).name, b"evil"),
    "without-word": member(Path(LAST).name, b"evil"),
    "registry": member("people.txt", b"evil"),
    "absolute": member("/{outside}/evil.wav", b"evil"),
    "parent": member("../../evil.wav", b"evil"),
    "parent-as-word": member("../" + Path(LAST).name, b"evil"),
    "absolute-namesake": member("/{outside}/" + LAST, b"evil"),
    "parent-namesake": member("../../" + LAST, b"evil"),
    "parent-within": member("tree/../" + LAST, b"evil"),
    "windows-namesake": member("..\\" + LAST, b"evil"),
    "upper-case": member(LAST.upper(), b"evil"),
    "word-is-a-link": member(LAST.split("/")[0], **{**LINKS["symlink"], "linkname": "{outside}"}),
    **{f"{kind}-namesake": member("./" + LAST, **link) for kind, link in LINKS.items()},
}


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS.keys())
def test_nothing_but_their_clips_is_written(fetch, begun, tmp_path, stranger, where):
    outside = tmp_path / "outside"
    outside.mkdir()
    fetch(pack_with(stranger, where, dataset(), outside))
    assert files_there() == FILES
    assert {path.name for path in tmp_path.iterdir()} == {"archive.tar.gz", "outside", "recordings"}
    assert {path.name for path in begun.iterdir()} == {"people", "people.txt", ".lock"}
    assert not list(outside.iterdir())
    assert not any(path.is_symlink() for path in begun.rglob("*"))


# --- Faults of the archive, the network and this machine: all or nothing ---


@pytest.mark.parametrize("place", np.linspace(0, 0.9, 10))
@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_cut_archive_is_a_fault_not_a_lack(fetch, begun, mode, place):
    whole = pack(dataset(), mode)
    check_fault(fetch, whole[: int(place * len(whole))], "archive.tar.gz", "cut short")


def test_a_web_page_instead(serve, fetch, begun):
    page = answer(b"<!DOCTYPE html><p>Log in" + b" " * 40_000, kind="text/html")
    check_fault(fetch, serve(page).url, "web page", "proxy")


@pytest.mark.parametrize("cut", [0, 1, 1000, len(ARCHIVE) // 2])
def test_a_dropped_connection(serve, fetch, begun, cut):
    dropped = serve(answer(ARCHIVE, cut=cut))
    check_fault(fetch, dropped.url, "could not be downloaded", dropped.url)


def test_a_server_that_falls_silent(serve, fetch, begun, monkeypatch):
    def reply(request):
        answer(ARCHIVE, cut=len(ARCHIVE) // 2)(request)
        request.wfile.flush()
        time.sleep(1)

    get = requests.get
    monkeypatch.setattr(requests, "get", lambda *args, **kw: get(*args, **{**kw, "timeout": 0.2}))
    check_fault(fetch, serve(reply).url, "could not be downloaded", "Timeout")


def test_a_refusal_and_a_closed_port(serve, fetch, begun):
    check_fault(fetch, serve(answer(b"no", 404)).url, "could not be downloaded")
    (begun / "people" / LAST).unlink()
    check_fault(fetch, closed_port(), "could not be downloaded")


def test_a_missing_archive(fetch, begun, tmp_path):
    check_fault(fetch, tmp_path / "absent.tar.gz", "absent.tar.gz", "SPEECH_COMMANDS_ARCHIVE")


@pytest.mark.parametrize("method", ["write_bytes", "replace"])
@pytest.mark.parametrize(
    ("fault", "told", "words"),
    [
        (OSError(errno.ENOSPC, "full"), FetchError, "disk is full"),
        (OSError(errno.EACCES, "Permission denied"), FetchError, "Permission denied"),
        (KeyboardInterrupt("Ctrl+C"), KeyboardInterrupt, "Ctrl"),
    ],
)
def test_a_full_disk_or_an_interruption(fetch, begun, monkeypatch, method, fault, told, words):
    fetch(ARCHIVE)
    for name in (CHANGED, LAST):
        (begun / "people" / name).unlink()
    before, call = snapshot(begun), 2 if method == "write_bytes" else 1
    original, calls = getattr(Path, method), itertools.count(1)

    def fail(*args):
        if next(calls) == call:
            raise fault
        return original(*args)

    with monkeypatch.context() as broken:
        broken.setattr(Path, method, fail)
        with pytest.raises(told, match=words):
            fetch(ARCHIVE)
    assert snapshot(begun) == before
    fetch(ARCHIVE)
    assert files_there() == FILES


def test_another_corpus_cannot_be_fetched():
    with pytest.raises(ValueError, match="fsdd or people, not 'peple'"):
        fetch_recordings("peple")


# --- Loading what is there ---


def public(serve, monkeypatch, archive):
    """A server in place of the dataset's public address."""
    server = serve(answer(archive))
    archive = fetching.ARCHIVES["people"]._replace(url=server.url)
    monkeypatch.setitem(fetching.ARCHIVES, "people", archive)
    return server


def test_loading_does_not_download_unasked(serve, recordings, monkeypatch):
    server = public(serve, monkeypatch, ARCHIVE)
    for corpus in ("people", "other_words"):
        with pytest.raises(FetchError, match="`make people` brings them."):
            load_recordings(corpus)
    assert server.requests == 0
    fetch_recordings("people")
    assert [len(load_recordings(corpus)) for corpus in ("people", "other_words")] == [12, 6]
    assert server.requests == 1


def test_with_the_variable_loading_fetches_once(serve, recordings, monkeypatch):
    server = serve(answer(pack(dataset(**{FIRST: None}))))
    monkeypatch.setenv("SPEECH_COMMANDS_ARCHIVE", server.url)
    for _ in range(2):  # what the archive lacks is not asked for again
        with pytest.warns(UserWarning, match="^1 of 12 clips are not in recordings/people") as told:
            clips = load_recordings("people")
        assert [warning.filename for warning in told] == [__file__]  # points to the caller
        assert set(clips["path"]) == {
            str(recordings / "people" / name) for name in FILES if name[:4] != "tree"
        } - {str(recordings / "people" / FIRST)}
    assert len(load_recordings("other_words")) == 6  # and no warning: pytest.warns is over
    assert server.requests == 1
    fetch_recordings("people")  # who asks for it gets another try
    assert server.requests == 2


def test_a_variable_that_leads_nowhere_is_told(recordings, monkeypatch):
    monkeypatch.setenv("SPEECH_COMMANDS_ARCHIVE", "/absent.tar.gz")
    with pytest.raises(FetchError, match="no file or folder /absent.tar.gz"):
        load_recordings("people")


def test_changed_clips_are_left_out(fetch, recordings):
    fetch(ARCHIVE)
    (recordings / "people" / CHANGED).write_bytes(wav(300))
    with pytest.warns(UserWarning, match="1 of 12 clips are not in .* or are changed"):
        clips = load_recordings("people")
    assert not clips["path"].str.endswith(CHANGED).any()


def test_one_of_the_two_may_be_there_alone(serve, fetch, recordings):
    server = serve(answer(ARCHIVE))
    fetch(server.url)
    for word in ("five", "one"):
        shutil.rmtree(recordings / "people" / word)
    assert len(load_recordings("other_words")) == 6
    with pytest.raises(FetchError, match="make people"):
        load_recordings("people")
    assert server.requests == 1


def test_make_people_tells_its_reason_alone(tmp_path):
    shutil.copytree(ROOT / "spoken_digits", tmp_path / "spoken_digits")
    shutil.copy(ROOT / "helpers.py", tmp_path)
    (tmp_path / "recordings").mkdir()
    shutil.copy(ROOT / "recordings" / "people.txt", tmp_path / "recordings")
    make = ["make", "-n", "people"]
    steps = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (code,) = re.findall(r"python -c '(import sys; .*people.*)'$", steps, re.MULTILINE)
    variables = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "SPEECH_COMMANDS_ARCHIVE": "/absent.tar.gz",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 1
    said = (
        "There is no file or folder /absent.tar.gz: check SPEECH_COMMANDS_ARCHIVE. What is needed"
    )
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1

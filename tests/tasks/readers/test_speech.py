"""Speech from hand-made files: the layouts, the split by speaker, and what is refused."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from scipy.io import wavfile

from neurotwin._base.errors import InputError
from neurotwin._base.files import sha256_of
from neurotwin.tasks import TASKS
from neurotwin.tasks.readers.clips import read_clips
from neurotwin.tasks.readers.speech import read_speech
from neurotwin.tasks.readers.voices import synthetic_voices
from neurotwin.tasks.sound import BINS

USUAL = "fsdd_4speakers.npz"
N = 1600


def noise(seed: int, n: int = N) -> np.ndarray:
    return (3000 * np.random.default_rng(seed).normal(size=n)).astype(np.int16)


def fsdd(folder, speakers=("ann", "bob", "cem"), takes=10, digits=(0, 1)):
    seed = 0
    for speaker in speakers:
        for digit in digits:
            for take in range(takes):
                wavfile.write(folder / f"{digit}_{speaker}_{take}.wav", 8000, noise(seed))
                seed += 1
    return folder


def npz(path, **changed):
    n = 60
    arrays = {
        "audio": np.concatenate([noise(i, 400 + i) for i in range(n)]),
        "length": 400 + np.arange(n),
        "digit": np.arange(n) % 2,
        "speaker": np.repeat(["ann", "bob", "cem"], n // 3),
        "rate": 8000,
    } | changed
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_the_naming_of_fsdd(tmp_path):
    clips = read_clips(fsdd(tmp_path, takes=2))
    assert clips.labels.tolist() == ["0"] * 6 + ["1"] * 6
    assert clips.speakers.tolist() == ["ann", "ann", "bob", "bob", "cem", "cem"] * 2
    np.testing.assert_array_equal(clips.waves[1], noise(1))


def test_the_naming_of_emodb(tmp_path):
    for i, name in enumerate(("03a01Fa", "03b10Wc", "16a02F")):
        wavfile.write(tmp_path / f"{name}.wav", 8000, noise(i))
    clips = read_clips(tmp_path)
    assert clips.labels.tolist() == ["F", "W", "F"]
    assert clips.speakers.tolist() == ["03", "03", "16"]
    assert "EMO-DB" in clips.layout
    wavfile.write(tmp_path / "16a02.wav", 8000, noise(9))
    with pytest.raises(InputError, match="named in another way than the others") as told:
        read_clips(tmp_path)
    assert "16a02.wav" in str(told.value)


def test_classes_are_folders_and_a_table_names_the_speakers(tmp_path):
    rows = ["file,speaker"]
    for i, (kind, name, speaker) in enumerate((("no", "a", "x"), ("no", "b", "y"), ("yes", "a", "y"))):
        (tmp_path / kind).mkdir(exist_ok=True)
        wavfile.write(tmp_path / kind / f"{name}.wav", 8000, np.stack([noise(i)] * 2, 1))  # two channels
        rows.append(f"{kind}/{name}.wav,{speaker}")
    (tmp_path / "speakers.csv").write_text("\n".join(rows))
    clips = read_clips(tmp_path)
    assert clips.labels.tolist() == ["no", "no", "yes"]
    assert clips.speakers.tolist() == ["x", "y", "y"]
    np.testing.assert_array_equal(clips.waves[2], noise(2))
    (tmp_path / "speakers.csv").write_text("\n".join(rows[:-1]))
    with pytest.raises(InputError, match="clips without a speaker in speakers.csv") as told:
        read_clips(tmp_path)
    assert "1 of 3: yes/a.wav" in str(told.value)
    (tmp_path / "speakers.csv").write_text("name,who\n")
    with pytest.raises(InputError, match="has not the columns that are read"):
        read_clips(tmp_path)


def test_the_npz_is_cut_at_its_lengths(tmp_path):
    clips = read_clips(npz(tmp_path / "a.npz"))
    assert [len(wave) for wave in clips.waves] == list(range(400, 460))
    np.testing.assert_array_equal(clips.waves[7], noise(7, 407))


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"digit": None}, "no clips by a known name"),
        ({"speaker": None}, "no clips by a known name"),
        ({"length": np.full(60, 3)}, "do not fill the audio"),
        ({"length": None}, "a shape that is not read"),
        ({"speaker": np.array(["ann", "bob"])}, "differ in number"),
        ({"rate": np.array([8000, 8000])}, "several rates"),
        ({"rate": 5}, "the rate of clip 0 .* cannot be used"),
        ({"audio": np.zeros(25770, np.int16)}, "clip 0 .* is silent throughout"),
        ({"audio": np.full(25770, np.nan)}, "clip 0 .* holds NaN"),
        ({"length": np.r_[3, 400 + np.arange(1, 59), 856]}, "clip 0 .* too short or too long"),
    ],
)
def test_an_npz_that_does_not_fit_is_refused(tmp_path, changed, what):
    with pytest.raises(InputError, match=what):
        read_clips(npz(tmp_path / "a.npz", **changed))


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        read_clips(tmp_path / "nothing")
    with pytest.raises(InputError, match="the folder holds no clips"):
        read_clips(tmp_path)
    (tmp_path / "a.mp3").write_bytes(b"x")
    with pytest.raises(InputError, match="of no kind that is read"):
        read_clips(tmp_path / "a.mp3")
    (tmp_path / "a.npz").write_bytes(b"x")
    with pytest.raises(InputError, match="cannot be read as npz"):
        read_clips(tmp_path / "a.npz")
    fsdd(tmp_path, takes=1)
    whole = (tmp_path / "0_ann_0.wav").read_bytes()
    for broken in (b"", b"RIFF", whole[:40], whole[:1000]):
        (tmp_path / "2_ann_0.wav").write_bytes(broken)
        with pytest.raises(InputError, match=r"a clip cannot be read\n.*2_ann_0.wav"):
            read_clips(tmp_path)
    (tmp_path / "2_ann_0.wav").rename(tmp_path / "two.wav")
    with pytest.raises(InputError, match="named in another way than the others"):
        read_clips(tmp_path)


def test_who_is_tested_was_never_heard(tmp_path):
    data = read_speech(fsdd(tmp_path), usual=USUAL)
    heard = set(data.train.groups) | set(data.validation.groups)
    tested = set(data.test.groups)
    assert len(tested) == 1 and len(heard) == 2 and not heard & tested
    assert data.validation_shares_groups
    assert len(data.validation) == 4 and len(data.train) == 36 and len(data.test) == 20
    assert data.classes == ("0", "1")
    assert all(x.shape[1] == BINS for x in data.train.x)
    assert f"tested on {tested.pop()}" in data.split
    assert "it has the training speakers" in data.split
    assert data.repeated() == 0
    assert list(data.leaks()) == ["train and validation"]


def test_many_speakers_share_no_part(tmp_path):
    data = read_speech(fsdd(tmp_path, [f"s{i}" for i in range(12)], takes=1), usual=USUAL)
    assert not data.validation_shares_groups
    assert data.leaks() == {}
    assert [len(set(part.groups)) for part in data.parts().values()] == [9, 1, 2]


def test_the_tested_speakers_can_be_named(tmp_path):
    fsdd(tmp_path)
    assert set(read_speech(tmp_path, usual=USUAL, tested="bob").test.groups) == {"bob"}
    (tmp_path / "test_speakers.txt").write_text("cem\n\n")
    data = read_speech(tmp_path, usual=USUAL)
    assert set(data.test.groups) == {"cem"}
    assert "cem, who were named" in data.split
    (tmp_path / "test_speakers.txt").write_text("dan\n")
    with pytest.raises(InputError, match="the speakers to be tested cannot be used") as told:
        read_speech(tmp_path, usual=USUAL)
    assert "dan" in str(told.value) and "ann, bob, cem" in str(told.value)
    with pytest.raises(InputError, match="nobody is left to learn from"):
        read_speech(tmp_path, usual=USUAL, tested="ann, bob, cem")


def test_one_speaker_is_refused_unless_forced(tmp_path):
    fsdd(tmp_path, speakers=("ann",), takes=20)
    with pytest.raises(InputError, match="there is one speaker only"):
        read_speech(tmp_path, usual=USUAL)
    data = read_speech(tmp_path, True, usual=USUAL)
    assert "train and test" in data.leaks()


def test_synthetic_voices_are_learned_from_and_nothing_else(tmp_path):
    folder = fsdd(tmp_path, takes=10, digits=range(10))
    plain = read_speech(folder, usual=USUAL)
    data = read_speech(folder, usual=USUAL, voices="synthetic")
    made = np.array([name.startswith("synthetic: ") for name in data.train.groups])
    assert made.sum() == 650 and len(set(data.train.groups[made])) == 16
    assert np.bincount(np.asarray(data.train.y)[made]).tolist() == [65] * 10
    for name, part in plain.parts().items():
        own = data.parts()[name]
        assert [len(x) for x in own.x[: len(part)]] == [len(x) for x in part.x]
        np.testing.assert_array_equal(own.y[: len(part)], part.y)
        assert len(own) == len(part) + (650 if name == "train" else 0)
    assert "650 clips of 16 synthetic voices were added to the training part" in data.split
    assert [card.name for card in data.cards][1:] == ["synthetic-digits"]
    assert len(plain.cards) == 1 and "synthetic" not in plain.split


def test_synthetic_voices_know_digits_alone(tmp_path):
    folder = fsdd(tmp_path)
    with pytest.raises(InputError, match="say other words than the clips") as told:
        read_speech(folder, usual=USUAL, voices="synthetic")
    assert "voices=none" in str(told.value)
    with pytest.raises(InputError, match="synthetik"):
        read_speech(folder, usual=USUAL, voices="synthetik")


def test_the_embedded_voices_are_what_their_card_says():
    clips, card = synthetic_voices(tuple("0123456789"))
    with resources.as_file(resources.files("neurotwin.tasks") / "samples" / "voices.npz") as path:
        assert sha256_of(path) == card.sha256
    assert len(clips.waves) == 650
    assert all(0.1 < len(wave) / 8000 < 2.0 for wave in clips.waves)


def test_clips_of_nobody_are_refused(tmp_path):
    for i, kind in enumerate(("no", "yes")):
        (tmp_path / kind).mkdir()
        for j in range(10):
            wavfile.write(tmp_path / kind / f"{j}.wav", 8000, noise(10 * i + j))
    with pytest.raises(InputError, match="nobody says who speaks") as told:
        read_speech(tmp_path, usual=USUAL)
    assert "speakers.csv" in str(told.value)


def test_without_data_the_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROTWIN_DATA", str(tmp_path))
    with pytest.raises(InputError, match="no recordings come with the package") as told:
        read_speech(None, usual=USUAL)
    assert USUAL in str(told.value)


def test_labels_are_called_by_names(tmp_path):
    data = read_speech(fsdd(tmp_path), usual=USUAL, names={"1": "one"})
    assert data.classes == ("0", "one")


def test_emotions_of_the_data_folder_are_recognised(data_folder):
    data = TASKS["speech-emotion"].read(None, options={"tested": "8,9"})
    assert [card.name for card in data.cards] == ["emodb"]
    assert set(data.test.groups) == {"8", "9"} and len(data.test) == 58 + 43
    assert len(data.train) + len(data.validation) + len(data.test) == 339
    assert set(data.classes) == {"anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral"}
    counts = sum(np.bincount(part.y, minlength=7) for part in data.parts().values())
    assert dict(zip(data.classes, counts.tolist(), strict=True))["anger"] == 84


def test_the_data_folder_is_recognised(data_folder):
    data = read_speech(None, usual=USUAL)
    assert data.cards[0].licence == "CC BY-SA 4.0"
    assert [card.name for card in data.cards] == ["fsdd", "synthetic-digits"]
    assert [len(part) for part in data.parts().values()] == [1350 + 650, 150, 500]
    assert set(data.test.groups) == {"lucas"}
    np.testing.assert_array_equal(np.bincount(data.test.y), 50)

"""CoNLL files, well and badly formed, and how they become the parts of a task."""

import tarfile
from pathlib import Path

import pytest

from neurotwin._base.errors import InputError
from neurotwin.tasks.readers.conll import read_conll
from neurotwin.tasks.readers.entities import read_entities

GOOD = "Ann\tB-PER\nBell\tI-PER\nsang\tO\n\nin\tO\nYork\tB-LOC\n"


def test_two_and_four_columns_spaces_tabs_and_comments_read_alike() -> None:
    four = "-DOCSTART- -X- O O\n\n# a song\nAnn NNP I-NP I-PER\nBell NNP I-NP I-PER\nsang V I-VP O\n"
    four += "\r\n\nin P I-PP O\nYork NNP I-NP I-LOC\n"
    one, two = read_conll(GOOD.encode(), "a"), read_conll(("\ufeff" + four).encode(), "b")
    assert (
        [s.tokens for s in one.sentences]
        == [s.tokens for s in two.sentences]
        == [("Ann", "Bell", "sang"), ("in", "York")]
    )
    assert (
        [s.tags for s in one.sentences]
        == [s.tags for s in two.sentences]
        == [("B-PER", "I-PER", "O"), ("O", "B-LOC")]
    )
    assert (one.scheme, two.scheme, one.documents, two.documents) == ("IOB2", "IOB1", False, True)


def test_a_hash_sign_that_has_a_tag_is_a_word() -> None:
    assert read_conll(b"# O\n1 O\n", "a").sentences[0].tokens == ("#", "1")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no sentence"),
        (b"\n \n\t\n", "holds no sentence"),
        (b"-DOCSTART- O\n", "holds no sentence"),
        ("Zoë O\n".encode("latin1"), "not UTF-8"),
        (b"Ann O\0\n", "zero byte"),
        (b"Ann B-PER\nBell\nsang O\n", "line 2: 1 column"),
        (b"Ann B-PER\nBell NNP I-PER\nsang O\n", "unknown columns"),
        (b"Ann\nBell\n", "lacks its tag"),
        (b"Ann PER\nBell O\n", "line 1: 'PER'"),
        (b"Ann B-PER\n\nBell I-PER\n", "follow no scheme"),
    ],
)
def test_bad_files_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as error:
        read_conll(data, "file.conll")
    assert words in str(error.value)


def _folder(path: Path, **texts: str) -> Path:
    path.mkdir()
    for name, text in texts.items():
        (path / f"{name}.conll").write_text(text)
    return path


def test_a_folder_with_parts_and_a_tar_of_it(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "set", my_train=GOOD, my_dev="Ann\tS-PER\n", my_test="York\tI-LOC\n")
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as archive:
        archive.add(folder, "set")
    for path in (folder, tmp_path / "set.tar.gz"):
        data = read_entities(path)
        assert data.facts == {"tags": ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "types": ("LOC", "PER")}
        assert [y.tolist() for y in data.train.y] == [[3, 4, 0], [0, 1]]
        assert [len(part) for part in data.parts().values()] == [2, 1, 1]
        assert data.validation.y[0].tolist() == [3] and data.test.y[0].tolist() == [1]


def test_types_that_training_lacks_are_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "set", train=GOOD, dev=GOOD, test="Acme\tB-ORG\n")
    with pytest.raises(InputError, match="unknown labels in the test part") as error:
        read_entities(folder)
    assert "ORG" in str(error.value) and "LOC, PER" in str(error.value)


def test_folders_without_or_with_several_sets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no training file"):
        read_entities(_folder(tmp_path / "none", test=GOOD))
    with pytest.raises(InputError, match="several files say that they are the test part"):
        read_entities(_folder(tmp_path / "two", train=GOOD, test_a=GOOD, test_b=GOOD))
    with pytest.raises(InputError, match="no such file"):
        read_entities(tmp_path / "nowhere.conll")


def test_the_sample_is_split_by_document_and_always_the_same() -> None:
    one, two = read_entities(None), read_entities(None)
    assert sum(len(part) for part in one.parts().values()) == 1696
    assert sum(len(x) for part in one.parts().values() for x in part.x) == 39007
    assert one.test.groups is not None and not one.leaks()
    assert [x.tolist() for x in one.test.x] == [x.tolist() for x in two.test.x]
    assert one.cards[0].licence == "CC BY 4.0"
    # the counts of entities in the corpus' own entity-list.txt, which are of the same sentences
    spans = sum(int(tag % 2 == 1) for part in one.parts().values() for y in part.y for tag in y)
    assert spans == 934 + 1014 + 898 + 712

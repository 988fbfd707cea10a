import shutil

import fsspec
import pytest

from agir_hf.assessment.session_files import find_recordings
from agir_hf.cluster.recordings import NoRecordingsError, blocks_of, list_files


@pytest.mark.parametrize(
    ("count", "tasks", "block"), [(23, 1, 4), (23, 4, 4), (23, 9, 4), (0, 3, 4)]
)
def test_tasks_share_whole_blocks_in_the_order_of_the_list(count, tasks, block):
    blocks = [list(blocks_of(count, rank, tasks, block)) for rank in range(tasks)]
    flat = [part for own in blocks for part in own]
    assert [position for part in flat for position in part] == list(range(count))
    assert all(part.start % block == 0 for part in flat)
    sizes = [len(own) for own in blocks]
    assert max(sizes) - min(sizes) <= 1


def test_a_folder_has_the_names_and_the_order_of_agir_assess(walks):
    expected = [file.shown for file in find_recordings(walks)]
    assert [file.shown for file in list_files(str(walks))] == expected
    assert expected[-1] == "D/walk_10.npz"


@pytest.fixture
def remote(walks):
    """The recordings in the memory of this process, as a file system of fsspec."""
    system = fsspec.filesystem("memory")
    system.put(str(walks), "/study", recursive=True)
    yield "memory://study"
    system.rm("/study", recursive=True)


def test_files_of_another_system_have_addresses(remote, walks):
    files = list_files(remote)
    assert [file.shown for file in files] == [file.shown for file in list_files(str(walks))]
    assert files[0].path == "memory:///study/A/walk_1.npz"
    assert len(list_files(f"{remote}/A/*.npz")) == 3


def test_a_folder_whose_name_has_brackets_is_no_glob(walks, tmp_path):
    folder = shutil.copytree(walks, tmp_path / "walks [2024]")
    expected = [file.shown for file in list_files(str(walks))]
    assert [file.shown for file in list_files(str(folder))] == expected
    walk = folder / "A" / "walk_1.npz"
    assert [file.shown for file in list_files(str(walk))] == [str(walk)]


def test_a_list_has_its_own_order(walks, tmp_path):
    names = [str(walks / "C" / "walk_9.npz"), str(walks / "A" / "walk_1.npz")]
    (tmp_path / "some.txt").write_text("\ufeff" + "\n".join(names) + "\n")  # as Windows saves it
    assert [file.path for file in list_files(str(tmp_path / "some.txt"))] == names


def test_a_recording_that_is_listed_twice_raises(walks, tmp_path):
    (tmp_path / "some.txt").write_text("a.c3d\nb.c3d\na.c3d\n")
    with pytest.raises(NoRecordingsError, match="lists a.c3d twice"):
        list_files(str(tmp_path / "some.txt"))


@pytest.mark.parametrize("source", ["missing", "*.c3d"])
def test_a_source_without_recordings_raises(tmp_path, source):
    with pytest.raises(NoRecordingsError):
        list_files(str(tmp_path / source))

import numpy as np
import pytest
from every import every
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c, masked_crc32c

from rldoctor.readers.tensorboard.crc import (
    BLOCK,
    byte_terms,
    crc_bytes,
    crc_rows,
    masked_crc,
    small_length_crcs,
)

SIZES = [0, 1, 3, 4, 5, 8, 63, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK - 1, 2 * BLOCK + 3, 5000]


def test_published_check_value():
    assert crc_bytes(b"123456789") == 0xE3069283


@every("size", SIZES)
def test_same_as_tensorboards_own(size):
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8).tobytes()
    assert crc_bytes(data) == crc32c(data)
    assert masked_crc(data) == masked_crc32c(data)


def test_a_record_longer_than_a_block_of_blocks():
    data = np.random.default_rng(0).integers(0, 256, BLOCK * BLOCK + 777, dtype=np.uint8).tobytes()
    assert crc_bytes(data) == crc32c(data)


def test_columns_add_up_to_the_whole():
    rows = np.random.default_rng(1).integers(0, 256, (50, 61), dtype=np.uint8)
    blanked = rows.copy()
    places = np.array([1, 2, 30, 60])
    blanked[:, places] = 0
    total = crc_rows(blanked)
    for place in places.tolist():
        total ^= byte_terms(rows[:, place], 60 - place)
    assert total.tolist() == [crc32c(row.tobytes()) for row in rows]


@pytest.mark.parametrize("length", [0, 1, 57, 255, 256, 65535])
def test_length_checksums(length):
    assert small_length_crcs()[length] == masked_crc32c(length.to_bytes(8, "little"))


def test_rows_of_different_lengths():
    rng = np.random.default_rng(2)
    lengths = np.array([0, 1, 5, 40, 61])
    rows = np.zeros((5, 61), dtype=np.uint8)
    for row, length in zip(rows, lengths.tolist(), strict=True):
        row[61 - length :] = rng.integers(0, 256, length)
    wanted = [crc32c(row[61 - n :].tobytes()) for row, n in zip(rows, lengths.tolist(), strict=True)]
    assert crc_rows(rows, lengths).tolist() == wanted
    following = np.array([3, 0, 9, 100, 7])
    terms = [int(byte_terms(rows[k : k + 1, 60], int(following[k]))[0]) for k in range(5)]
    assert byte_terms(rows[:, 60], following).tolist() == terms

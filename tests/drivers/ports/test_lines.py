"""The question to a GPIO chip; the answer of a real chip is in tests/vm/test_vm_doctor.py."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from drivers.ports.lines import _GET_LINE_INFO, _LINE_INFO, line_info


def test_the_question_is_as_large_as_the_kernel_takes_it() -> None:
    """_IOC_SIZE of the request: a structure of another size is refused by the kernel."""
    assert _LINE_INFO.size == _GET_LINE_INFO >> 16 & 0x3FFF == 256


def test_what_is_no_chip_is_an_error_of_the_operating_system(tmp_path: Path) -> None:
    file = tmp_path / "gpiochip0"
    with pytest.raises(FileNotFoundError):
        line_info(file, (17,))
    file.touch()
    with pytest.raises(OSError, match="ioctl") as refused:
        line_info(file, (17,))
    assert refused.value.errno == errno.ENOTTY

"""Frames on the socket between a zygote and its owner: a 4-byte length, then that many bytes of JSON."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

MAX_FRAME = 1 << 28
WHOLE_SECONDS = 120.0  # that child B may take where it exports what a proof rests on of a project's library
_LENGTH = struct.Struct("<I")


class Closed(Exception):
    """The other end is gone, or sent something that is no frame."""


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    data = json.dumps(message, separators=(",", ":")).encode()
    try:
        channel.sendall(_LENGTH.pack(len(data)) + data)
    except OSError as error:
        raise Closed(str(error)) from error


def receive(channel: socket.socket) -> dict[str, Any]:
    """The next frame; Closed on end of file, on a time-out of the socket, and on a malformed frame."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    if length > MAX_FRAME:
        raise Closed("frame too long")
    try:
        message = json.loads(_exactly(channel, length))
    except ValueError as error:
        raise Closed("frame is not JSON") from error
    if not isinstance(message, dict):
        raise Closed("frame is not an object")
    return message


def _exactly(channel: socket.socket, n: int) -> bytes:
    pieces = []
    while n:
        try:
            piece = channel.recv(min(n, 1 << 20))
        except OSError as error:
            raise Closed(str(error) or type(error).__name__) from error
        if not piece:
            raise Closed("end of file")
        pieces.append(piece)
        n -= len(piece)
    return b"".join(pieces)

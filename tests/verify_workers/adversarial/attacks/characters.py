"""Characters that are not what they look like."""


# fmt: off

from __future__ import annotations

from tests.verify_workers.adversarial.case import TRUE, Table

TABLE = Table("characters")
proof = TABLE.proof

LOOKS = "what a reader sees must be what Lean reads"
proof("zero-width", "policy", "a name with an invisible character", LOOKS, "by exact r\u200bfl", statement=TRUE)
proof("cyrillic", "policy", "a letter that looks like another", LOOKS, "by \u0435xact rfl", statement=TRUE)
proof("fullwidth", "policy", "wide letters", LOOKS, "ｒｆｌ", statement=TRUE)
proof("nul", "policy", "a zero byte", "C strings end there", "by rfl\x00 sorry", statement=TRUE)
proof("nbsp", "policy", "a space that is none", LOOKS, "by\u00a0rfl", statement=TRUE)
proof("empty", "policy", "no proof at all", "empty is not accepted", "")
proof("blank", "policy", "white space only", "empty is not accepted", " \n\t ")
proof("comment-only", "policy", "a comment only", "empty is not accepted", "-- rfl")
proof("deep", "policy", "brackets without end", "the parser is recursive", "(" * 3000 + "rfl" + ")" * 3000)

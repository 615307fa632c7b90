"""Codes that are no answers, such as STOP, and are the same in every scheme, whatever their ids there."""

from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode


def meaning(code: Code) -> tuple[str | None, ...]:
    """What a code says: a normal one is itself, any other is the same in every scheme."""
    return (code.code_id,) if code.is_normal else (code.code_type, code.control_code, code.meta_code)


def same_code(code: Code, scheme: CodeScheme) -> Code:
    """The control or meta code of another scheme that says the same; NC where it has none."""
    found = (other for other in scheme.codes if not other.is_normal and meaning(other) == meaning(code))
    return next(found, None) or scheme.control(ControlCode.NOT_CODED)

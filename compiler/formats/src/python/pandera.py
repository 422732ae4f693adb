import datetime
import decimal

import pandera.polars as pa
import polars as pl


def _check(condition, name):
    """A check of one column; nulls pass, as `nullable` speaks of them."""
    return pa.Check(
        lambda data: data.lazyframe.select(condition(pl.col(data.key)).fill_null(True)),
        name=name,
    )


def within(low, high, floating=False):
    def condition(values):
        held = pl.lit(True) if low is None else values >= low
        held = held if high is None else held & (values <= high)
        # NaN lies in no range
        return held & values.is_not_nan() if floating else held

    return _check(condition, f"within {low} .. {high}")


def length(least, most):
    return _check(
        lambda values: (values.str.len_chars() >= least)
        & (pl.lit(True) if most is None else values.str.len_chars() <= most),
        f"length {least} .. {most}",
    )


def items(least, most):
    return _check(
        lambda values: (values.list.len() >= least)
        & (pl.lit(True) if most is None else values.list.len() <= most),
        f"length {least} .. {most}",
    )


def matches(pattern):
    return _check(lambda values: values.str.contains(rf"\A(?:{pattern})\z"), f"matches {pattern}")


def one_of(members):
    return _check(lambda values: values.is_in(members), f"one of {members}")


def unique():
    return _check(lambda values: values.is_null() | values.is_unique(), "unique")


def distinct(columns):
    """Rows with a null among these columns are passed over."""
    some_null = pl.any_horizontal([pl.col(name).is_null() for name in columns])
    return pa.Check(
        lambda data: data.lazyframe.select(some_null | pl.struct(columns).is_unique()),
        name=f"distinct {columns}",
    )


def _broken(values, word, args):
    """Where the values break a rule; nulls break none."""
    if word == "within":
        low, high = args
        held = pc.is_valid(values)
        if low is not None:
            held = pc.and_(held, pc.greater_equal(values, pa.scalar(low, values.type)))
        if high is not None:
            held = pc.and_(held, pc.less_equal(values, pa.scalar(high, values.type)))
        return pc.invert(held)
    if word in ("length", "items"):
        count = pc.utf8_length(values) if word == "length" else pc.list_value_length(values)
        least, most = args
        broken = pc.less(count, least)
        return broken if most is None else pc.or_(broken, pc.greater(count, most))
    if word == "matches":
        return pc.invert(pc.match_substring_regex(values, args[0]))
    if word == "one_of":
        return pc.invert(pc.is_in(values, pa.array(args[0], values.type)))
    if word == "unique":
        counts = pc.value_counts(pc.drop_null(values))
        twice = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
        return pc.is_in(values, twice)
    raise ValueError(word)


def _plain(kind):
    """A type in one form: text, bytes and lists have several, and tools differ in which they write."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    one = {"large_string": pa.string(), "string_view": pa.string(), "large_binary": pa.binary(), "binary_view": pa.binary()}
    return one.get(str(kind), kind)


def check(table):
    """What a table breaks, a line each; empty where it keeps the contract. Columns that the schema does not name are passed over."""
    faults = []
    for field in schema:
        if field.name not in table.column_names:
            faults.append(f"{field.name}: the column is missing")
            continue
        values = table[field.name]
        if _plain(values.type) != _plain(field.type):
            faults.append(f"{field.name}: the type is {values.type}, not {field.type}")
            continue
        if values.type != field.type:
            table = table.set_column(table.column_names.index(field.name), field.name, values.cast(field.type))
        if not field.nullable and values.null_count:
            faults.append(f"{field.name}: {values.null_count} nulls")
    if faults:
        return faults
    for name, word, *args in RULES:
        values = table[name]
        broken = pc.fill_null(_broken(values.combine_chunks(), word, args), False)
        broken = pc.and_(broken, pc.is_valid(values.combine_chunks()))
        count = pc.sum(pc.cast(broken, pa.int64())).as_py() or 0
        if count:
            faults.append(f"{name}: {count} rows break {word}")
    for columns in DISTINCT:
        rows = table.select(columns).drop_null()
        if rows.num_rows and rows.group_by(columns).aggregate([]).num_rows < rows.num_rows:
            faults.append(f"{', '.join(columns)}: rows that are not distinct")
    return faults

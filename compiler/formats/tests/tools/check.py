"""Looks at exported files with the tools that they are for: one line of JSON a check on stdin, one answer a line on stdout."""

import datetime
import decimal
import importlib.metadata
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def module(path):
    """The module of a generated file."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def odcs(path):
    import jsonschema
    import open_data_contract_standard as package
    import yaml

    schema = json.loads((Path(package.__file__).parent / "schema.json").read_text())
    jsonschema.Draft201909Validator(schema).validate(yaml.safe_load(Path(path).read_text()))


def avro(path):
    import fastavro

    fastavro.parse_schema(json.loads(Path(path).read_text()))


def protobuf(path):
    import grpc_tools
    from grpc_tools import protoc

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as out:
        code = protoc.main(["protoc", f"-I{Path(path).parent}", f"-I{well_known}", f"--python_out={out}", str(path)])
    if code:
        raise ValueError("protoc refuses it")


def duckdb(path):
    import duckdb

    duckdb.connect().execute(Path(path).read_text())


def parquet(path):
    import pyarrow.parquet

    return str(pyarrow.parquet.read_table(path).schema.remove_metadata())


def arrow(path):
    import pyarrow

    return str(pyarrow.ipc.open_file(path).read_all().schema.remove_metadata())


def json_schema(path):
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json.loads(Path(path).read_text()))


def generated(path):
    """A generated module imports."""
    module(path)


def rows(path, kind, rows):
    """Whether each row is accepted, on its own, by a generated module; values that JSON lacks come tagged."""
    loaded = module(path)
    return [accepts(loaded, kind, {name: value(item) for name, item in row.items()}) for row in rows]


def value(item):
    if isinstance(item, dict) and len(item) == 1:
        (tag, text), = item.items()
        made = {
            "date": datetime.date.fromisoformat,
            "time": datetime.time.fromisoformat,
            "instant": lambda text: datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc),
            "naive": datetime.datetime.fromisoformat,
            "decimal": decimal.Decimal,
            "float": float,
            "micros": lambda text: datetime.timedelta(microseconds=int(text)),
        }
        return made[tag](text)
    return item


def accepts(loaded, kind, row):
    if kind == "pydantic":
        import pydantic

        try:
            loaded.C.model_validate(row)
            return True
        except pydantic.ValidationError:
            return False
    if kind == "pandera":
        import pandera.errors
        import polars as pl

        types = {name: column.dtype.type for name, column in loaded.schema.columns.items()}
        try:
            loaded.schema.validate(pl.DataFrame({name: [row[name]] for name in types}, schema=types))
            return True
        except (pandera.errors.SchemaError, pandera.errors.SchemaErrors):
            return False
    import pyarrow as pa

    nullable = pa.schema([field.with_nullable(True).with_type(form(kind, field.type)) for field in loaded.schema])
    return loaded.check(pa.Table.from_pylist([row], schema=nullable)) == []


def form(kind, of):
    """The type as other tools write it: pandas and polars have large texts and lists, categories are dictionaries."""
    import pyarrow as pa

    if pa.types.is_string(of):
        return {"large": pa.large_string(), "dictionary": pa.dictionary(pa.int32(), of)}.get(kind, of)
    return pa.large_list(of.value_type) if kind == "large" and pa.types.is_list(of) else of


def dbt(path):
    """dbt parses a project of a model with these properties."""
    import os
    import shutil

    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "models").mkdir()
        shutil.copy(path, folder / "models" / "schema.yml")
        import yaml

        models = yaml.safe_load((folder / "models" / "schema.yml").read_text())["models"]
        for model in models:
            (folder / "models" / f"{model['name']}.sql").write_text("select 1 as one")
        (folder / "dbt_project.yml").write_text("name: p\nversion: '1.0'\nprofile: p\nmodel-paths: [models]\n")
        profile = "p:\n  target: t\n  outputs:\n    t:\n      type: duckdb\n      path: ':memory:'\n"
        (folder / "profiles.yml").write_text(profile)
        os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
        run = dbtRunner().invoke(
            ["--quiet", "parse", "--no-partial-parse", "--project-dir", str(folder), "--profiles-dir", str(folder)]
        )
        if not run.success:
            raise ValueError(str(run.exception))
        found = next(node for node in run.result.nodes.values() if node.name == models[0]["name"])
        return found.description


def files(package, suffix):
    """Files of an installed package."""
    spec = importlib.util.find_spec(package)
    folder = Path(list(spec.submodule_search_locations)[0])
    return sorted(str(path) for path in folder.rglob(f"*{suffix}"))


def source_files(package, suffix):
    """Files of the source distribution of an installed package, such as examples that its tests read."""
    version = importlib.metadata.version(package)
    folder = Path(sys.prefix) / "sources" / f"{package.replace('-', '_')}-{version}"
    if not folder.exists():
        with tempfile.TemporaryDirectory() as fetched:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package]
            subprocess.run([*command, "--dest", fetched, f"{package}=={version}"], check=True, stdout=sys.stderr)
            shutil.unpack_archive(next(Path(fetched).iterdir()), folder.parent, filter="data")
    return sorted(str(path) for path in folder.rglob(f"*{suffix}"))


def main():
    checks = {name: made for name, made in globals().items() if callable(made)}
    out = sys.stdout
    # what the tools print is none of the answers
    sys.stdout = sys.stderr
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            answer = {"ok": checks[name](*args)}
        except BaseException as error:  # protoc and dbt leave with SystemExit
            answer = {"fault": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


main()

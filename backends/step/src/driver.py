"""Calls one function of the user's for `mlp step`. Python 3.9 and later; imports nothing that the function does not ask for."""

import importlib
import inspect
import json
import os
import pickle
import shutil
import sys
import threading
import traceback
import typing
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from time import perf_counter


class Complaint(Exception):
    """Something to tell the user in one sentence, without a traceback."""

    def __init__(self, message, help=None):
        super().__init__(message)
        self.help = help


def load(module, function):
    sys.path[0] = os.getcwd()
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name == module or module.startswith(f"{error.name}."):
            raise Complaint(f"there is no module `{module}` in the package") from error
        raise Complaint(
            f"module `{module}` imports `{error.name}`, which is not installed",
            f"add `{error.name}` to the requirements of the stage's environment",
        ) from error
    found = getattr(loaded, function, None)
    if not callable(found):
        raise Complaint(f"module `{module}` has no function `{function}`")
    return found


# ---- what an annotation asks for

def hints_of(function):
    try:
        return typing.get_type_hints(function)
    except Exception:  # an annotation that names something that is only there for a type checker
        return dict(getattr(function, "__annotations__", {}))


def words(annotation):
    """The annotation as text: `pandas.DataFrame`, whether it was a class or a string."""
    if annotation is inspect.Parameter.empty or annotation is None:
        return ""
    if isinstance(annotation, str):
        return annotation
    if typing.get_origin(annotation) is not None:
        return str(annotation)
    module = getattr(annotation, "__module__", "")
    name = getattr(annotation, "__qualname__", str(annotation))
    return name if module == "builtins" else f"{module}.{name}"


def inner(annotation):
    """What is in `Optional[X]`, `X | None`, `list[X]`, `Annotated[X, ..]`; text is cut the same way."""
    if isinstance(annotation, str):
        text = annotation.strip()
        for opening in ("Optional[", "typing.Optional[", "list[", "List[", "typing.List[", "Sequence["):
            if text.startswith(opening) and text.endswith("]"):
                return inner(text[len(opening):-1])
        parts = [part.strip() for part in text.split("|") if part.strip() != "None"]
        return parts[0] if len(parts) == 1 else text
    arguments = [part for part in typing.get_args(annotation) if part is not type(None)]
    if typing.get_origin(annotation) is not None and arguments:
        return inner(arguments[0])
    return annotation


def table_form(annotation):
    text = words(inner(annotation)).replace(" ", "")
    last = text.rsplit(".", 1)[-1]
    if last == "LazyFrame":
        return "polars-lazy"
    if last == "DataFrame":
        return "polars" if text.startswith(("polars", "pl.")) else "pandas"
    if last == "Table":
        return "pyarrow"
    if last in ("Path", "PathLike", "PosixPath", "PurePath"):
        return "path"
    if last == "str":
        return "text"
    return ""


def importable(name):
    try:
        importlib.import_module(name)
        return True
    except ImportError:
        return False


def need(name, why):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Complaint(f"{why} needs `{name}`, which is not installed", f"add `{name}` to the requirements of the stage's environment") from error


# ---- arguments

def read_table(path, form, name):
    if form == "":
        form = "pandas" if importable("pandas") and importable("pyarrow") else "pyarrow" if importable("pyarrow") else "path"
    if form == "path":
        return Path(path)
    if form == "text":
        return path
    if form == "polars":
        return need("polars", f"argument `{name}`").read_parquet(path)
    if form == "polars-lazy":
        return need("polars", f"argument `{name}`").scan_parquet(path)
    if form == "pandas":
        need("pandas", f"argument `{name}`")
    need("pyarrow", f"argument `{name}`")
    table = importlib.import_module("pyarrow.parquet").read_table(path, partitioning=None)
    return table.to_pandas() if form == "pandas" else table


def read_model(path, form, name):
    file = Path(path) / "model.pkl"
    if form in ("path", "text"):
        return Path(path) if form == "path" else path
    if not file.exists():
        return Path(path)
    with open(file, "rb") as stream:
        try:
            return pickle.load(stream)
        except (ImportError, AttributeError) as error:
            raise Complaint(
                f"model `{name}` cannot be loaded here: {error}",
                "use the same environment for the stage that trained it and for this one",
            ) from error


def read_report(path, form):
    if form in ("path", "text"):
        return Path(path) if form == "path" else path
    file = Path(path)
    with open(file / "report.json" if file.is_dir() else file, encoding="utf-8") as stream:
        return json.load(stream)


def read_input(name, given, annotation):
    form = table_form(annotation)

    def one(path):
        if path is None:
            return None
        if given["kind"] == "table":
            return read_table(path, form, name)
        if given["kind"] == "model":
            return read_model(path, form, name)
        if given["kind"] == "report":
            return read_report(path, form)
        return path if form == "text" else Path(path)

    path = given["path"]
    return [one(each) for each in path] if isinstance(path, list) else one(path)


def scalar(value, annotation):
    """A parameter in the form that its annotation asks for."""
    wanted = words(inner(annotation)).rsplit(".", 1)[-1]
    if isinstance(value, list):
        return [scalar(each, annotation) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    if kind == "number":
        if wanted == "Decimal":
            return Decimal(text)
        if wanted == "float" or text == "nan":
            return float(text)
        if wanted == "str":
            return text
        return int(text) if text.lstrip("-").isdigit() else float(text)
    if kind == "nanoseconds":
        if wanted in ("int", "float"):
            return float(text) / 1e9 if wanted == "float" else text // 1_000_000_000
        return timedelta(microseconds=text // 1000)
    if wanted == "str":
        return text
    if kind == "date":
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) if wanted in ("datetime", "Timestamp") else day
    if kind == "time":
        return time.fromisoformat(text)
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at.date() if wanted == "date" else at


def arguments(function, step):
    hints = hints_of(function)
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return (), {}
    takes_all = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    given = {**step["inputs"], **step["params"]}
    wanted, positional, missing = {}, [], []
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if name not in given:
            if parameter.default is parameter.empty:
                missing.append(name)
            continue
        annotation = hints.get(name, parameter.annotation)
        value = read_input(name, given[name], annotation) if name in step["inputs"] else scalar(given[name], annotation)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            wanted[name] = value
    if missing:
        there = ", ".join(given) or "nothing"
        raise Complaint(
            f"function `{function.__name__}` wants {', '.join(f'`{name}`' for name in missing)}, but the stage gives {there}",
            f"name its parameters as the stage at {step['place']} does, or give them defaults",
        )
    if takes_all:
        for name in given:
            if name not in signature.parameters:
                wanted[name] = read_input(name, given[name], "") if name in step["inputs"] else scalar(given[name], "")
    return positional, wanted


# ---- results

def kind_of(value):
    return f"{type(value).__module__}.{type(value).__qualname__}".replace("builtins.", "")


def copy(source, target, name):
    source = Path(source)
    if not source.exists():
        raise Complaint(f"output `{name}`: the function gave the path {source}, where nothing is")
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def write_table(value, path, name):
    if isinstance(value, (str, os.PathLike)):
        return copy(value, path, name)
    module = type(value).__module__.split(".")[0]
    if module == "polars":
        if type(value).__name__ == "LazyFrame":
            value = value.collect()
        if type(value).__name__ != "DataFrame":
            raise Complaint(f"output `{name}` is a table, the function gave {kind_of(value)}")
        return value.write_parquet(path)
    if module == "pandas" and type(value).__name__ == "DataFrame":
        names = [column for column in value.columns if not isinstance(column, str)]
        if names:
            raise Complaint(f"output `{name}`: column names must be text, {names[0]!r} is not")
        pyarrow = need("pyarrow", f"output `{name}`")
        try:
            value = pyarrow.Table.from_pandas(value, preserve_index=False)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
            raise Complaint(f"output `{name}` cannot become a table: {error}") from error
    elif module != "pyarrow":
        pyarrow = need("pyarrow", f"output `{name}`")
        if isinstance(value, dict):
            value = pyarrow.table(value)
        elif isinstance(value, list) and all(isinstance(row, dict) for row in value):
            value = pyarrow.Table.from_pylist(value)
        else:
            raise Complaint(f"output `{name}` is a table, the function gave {kind_of(value)}")
    if type(value).__name__ == "RecordBatch":
        value = need("pyarrow", f"output `{name}`").Table.from_batches([value])
    if type(value).__name__ != "Table":
        raise Complaint(f"output `{name}` is a table, the function gave {kind_of(value)}")
    importlib.import_module("pyarrow.parquet").write_table(value, path)


def write_model(value, path, name):
    if isinstance(value, os.PathLike):
        if Path(value).is_dir():
            return copy(value, path, name)
        os.mkdir(path)
        return copy(value, Path(path) / Path(value).name, name)
    if value is None:
        raise Complaint(f"output `{name}` is a model, the function gave nothing", "return the model")
    os.mkdir(path)
    with open(Path(path) / "model.pkl", "wb") as stream:
        try:
            pickle.dump(value, stream, protocol=4)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise Complaint(f"output `{name}`: {kind_of(value)} cannot be pickled: {error}", "save it to a folder and return its pathlib.Path") from error


def number(value):
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise Complaint(f"a report holds numbers, not {kind_of(value)}")


def plain(value):
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return number(value)


def write_report(value, path, name):
    if isinstance(value, os.PathLike):
        return copy(value, path, name)
    if not isinstance(value, dict):
        raise Complaint(f"output `{name}` is a report, the function gave {kind_of(value)}", "return a dict of metrics")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(plain(value), stream, sort_keys=True, allow_nan=False)


def write_output(output, value):
    name, path = output["name"], output["path"]
    if output["kind"] == "table":
        write_table(value, path, name)
    elif output["kind"] == "model":
        write_model(value, path, name)
    elif output["kind"] == "report":
        write_report(value, path, name)
    elif isinstance(value, (str, os.PathLike)):
        copy(value, path, name)
    elif isinstance(value, (bytes, bytearray)) and output["kind"] == "file":
        Path(path).write_bytes(value)
    else:
        raise Complaint(f"output `{name}` is a {output['kind']}, the function gave {kind_of(value)}", "return a pathlib.Path")


def results(function, step, value):
    """What the function gave, by output."""
    outputs = [output for output in step["outputs"] if output["kind"] != "nothing"]
    name = function.__name__
    if len(outputs) <= 1:
        return [(output, value) for output in outputs]
    if isinstance(value, dict):
        names = {output["name"] for output in outputs}
        if set(value) != names:
            raise Complaint(f"function `{name}` gave {', '.join(map(str, value)) or 'nothing'}, the stage at {step['place']} makes {', '.join(sorted(names))}")
        return [(output, value[output["name"]]) for output in outputs]
    if isinstance(value, (tuple, list)) and len(value) == len(outputs):
        return list(zip(outputs, value))
    given = f"{len(value)} results" if isinstance(value, (tuple, list)) else kind_of(value)
    raise Complaint(
        f"function `{name}` gave {given}, the stage at {step['place']} makes {len(outputs)} outputs",
        f"return a dict with {', '.join(output['name'] for output in outputs)}, or a tuple in that order",
    )


# ---- under load

def one_row(table, index):
    """A request: one row, in the form that the function asks for."""
    module = type(table).__module__.split(".")[0]
    if module == "pandas":
        return table.iloc[index:index + 1]
    if module == "polars" and type(table).__name__ == "DataFrame":
        return table.slice(index, 1)
    if module == "pyarrow":
        return table.slice(index, 1)
    raise Complaint(
        "a function under load takes the rows of a request as pandas.DataFrame, polars.DataFrame or pyarrow.Table",
        "annotate its parameter",
    )


def ask(function, step):
    """Asks the function for one row after the other, from several threads, and gives how long each answer took."""
    hints = hints_of(function)
    names = [name for name, each in inspect.signature(function).parameters.items() if each.default is each.empty]
    others = [name for name in names if name != "model"]
    if "model" not in names or len(others) != 1:
        raise Complaint(
            f"function `{function.__name__}` cannot answer requests: it takes {', '.join(names) or 'nothing'}",
            "it takes `model` and the rows of a request",
        )
    given = step["inputs"]
    model = read_input("model", given["model"], hints.get("model", ""))
    table = read_input(others[0], given["rows"], hints.get(others[0], ""))
    requests, clients, warmup = (scalar(step["params"][name], "int") for name in ("requests", "clients", "warmup"))
    rows = len(table) if hasattr(table, "__len__") else 0
    if rows == 0 and not isinstance(table, (str, os.PathLike)):
        raise Complaint("there are no rows to ask with")
    seconds, failed, told, lock = [0.0] * requests, [False] * requests, [], threading.Lock()

    def request(number):
        row = one_row(table, number % rows)
        begun = perf_counter()
        try:
            function(**{"model": model, others[0]: row})
            return perf_counter() - begun, False
        except Complaint:
            raise
        except Exception as error:
            took = perf_counter() - begun
            with lock:
                if len(told) < 5:
                    told.append(error)
                    traceback.print_exc()
            return took, True

    def client(first):
        for number in range(first, requests, clients):
            seconds[number], failed[number] = request(number)

    for number in range(warmup):
        request(number)
    threads = [threading.Thread(target=client, args=(first,)) for first in range(min(clients, requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": seconds, "failed": failed}


def main():
    _, how, module, function, complaint = sys.argv
    with open(os.environ["MLP_STEP"], encoding="utf-8") as stream:
        step = json.load(stream)
    sys.argv = [function]
    try:
        found = load(module, function)
        if how == "ask":
            value = ask(found, step)
        else:
            positional, named = arguments(found, step)
            value = found(*positional, **named)
        for output, result in results(found, step, value):
            write_output(output, result)
    except Complaint as said:
        print(f"mlp: {said}", file=sys.stderr)
        tell(complaint, str(said), said.help)
    except SystemExit:
        raise
    except BaseException as error:
        traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename.startswith(os.getcwd() + os.sep) and not frame.filename.startswith(os.path.dirname(__file__))]
        where = f" ({os.path.relpath(own[-1].filename)}:{own[-1].lineno})" if own else ""
        text = str(error).strip().splitlines()
        tell(complaint, f"{type(error).__name__}{': ' + text[0] if text else ''}{where}", None)
    sys.stdout.flush()


def tell(path, message, help):
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({"message": message, "help": help}, stream)
    sys.stdout.flush()
    sys.exit(1)


if __name__ == "__main__":
    main()

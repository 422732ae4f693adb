"""Cpu seconds that Airflow's DAG processor spends on a file once it is warm: executing and serialising it."""

import logging
import sys
import time

logging.disable(logging.CRITICAL)
try:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization as Serialized
except ImportError:
    from airflow.models import DagBag
    from airflow.serialization.serialized_objects import SerializedDAG as Serialized


def once(path):
    start = time.process_time()
    bag = DagBag(dag_folder=path, include_examples=False)
    assert not bag.import_errors and bag.dags, bag.import_errors
    for dag in bag.dags.values():
        Serialized.to_dict(dag)
    return time.process_time() - start


once(sys.argv[1])
print(min(once(sys.argv[1]) for _ in range(5)))

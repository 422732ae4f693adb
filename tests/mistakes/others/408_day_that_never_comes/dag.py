import pendulum
from airflow.sdk import dag, task


@dag(schedule="0 6 30 2 *", start_date=pendulum.datetime(2024, 1, 1))
def monthly():
    @task
    def keep():
        pass

    keep()


monthly()

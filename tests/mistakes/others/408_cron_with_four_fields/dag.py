import pendulum
from airflow.sdk import dag, task


@dag(schedule="0 6 * *", start_date=pendulum.datetime(2024, 1, 1))
def daily():
    @task
    def keep():
        pass

    keep()


daily()

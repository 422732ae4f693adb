import pendulum
from airflow.sdk import dag, task


@dag(schedule="@daily", start_date=pendulum.datetime(2024, 1, 1))
def p():
    @task
    def pixels():
        from preprocess.images import load

        return load()

    pixels()


p()

import pendulum
from airflow.sdk import dag, task


@dag(schedule="@daily", start_date=pendulum.datetime(2024, 1, 1))
def credit():
    @task
    def applications() -> list[dict]:
        return [{"id": 1, "income": 1200.0}, {"id": 2, "income": None}]

    @task
    def scoring(rows: list[dict]) -> list[float]:
        return [row["income"] / 1000 for row in rows]

    scoring(applications())


credit()

import pendulum
from airflow.sdk import dag, task


@dag(schedule="@daily", start_date=pendulum.datetime(2024, 1, 1))
def prepare():
    @task
    def reviews() -> list[str]:
        return ["good", "buy now"]

    @task
    def without_spam(rows: list[str]) -> list[str]:
        return [row for row in rows if "buy" not in row]

    @task
    def corpus(rows: list[str]) -> None:
        print(rows)

    raw = reviews()
    clean = without_spam(raw)
    corpus(raw)


prepare()

//! mlp-airflow

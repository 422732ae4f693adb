//! Metrics of reports.

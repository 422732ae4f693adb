//! Tables: read, cast, check, write.

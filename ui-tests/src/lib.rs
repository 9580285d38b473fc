//! Programs that must compile and run (`pass/`), and programs that must be rejected with a message that is as recorded
//! beside them (`fail/`, grouped by the first word of their names). The test is in `tests/`.

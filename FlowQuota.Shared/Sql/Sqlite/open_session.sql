-- Sets up a connection. WAL: readers and the writer do not wait for each other. FULL and not NORMAL: a committed row
-- leaves the outbox in Redis for ever, so it must outlast a power cut. A commit holds hundreds of rows, so its fsync
-- costs next to nothing.
PRAGMA busy_timeout = 5000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;

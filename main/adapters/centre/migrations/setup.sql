-- Makes the centre's tables, or brings them up to date, from psql, as their owner:
--   psql -X -d census -f setup.sql
-- It does the same as a program that logs in as the owner does at its first upload.
\set ON_ERROR_STOP on
BEGIN;
SELECT pg_advisory_xact_lock(495555862897);
CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL, applied timestamptz NOT NULL DEFAULT now());
SELECT coalesce(max(version), 0) < 1 AS lacks_0001, coalesce(max(version), 0) < 2 AS lacks_0002,
  coalesce(max(version), 0) < 3 AS lacks_0003 FROM schema_version \gset
\if :lacks_0001
\ir 0001-batches.sql
INSERT INTO schema_version (version) VALUES (1);
\endif
\if :lacks_0002
\ir 0002-stations.sql
INSERT INTO schema_version (version) VALUES (2);
\endif
\if :lacks_0003
\ir 0003-manifests.sql
INSERT INTO schema_version (version) VALUES (3);
\endif
COMMIT;

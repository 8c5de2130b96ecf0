-- Who may do what (docs/centre.md). A station logs in with a role of its own that is a member of sanaq_station: it brings batches and reads what it
-- brought, and nothing else. A member of sanaq_centre reads everything and adds acknowledgements. Nobody but the owner changes or removes a row.
-- Roles belong to the whole server, so they may be there already; where the owner of the tables may not make roles, an administrator makes them first.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sanaq_station') THEN
    BEGIN CREATE ROLE sanaq_station NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sanaq_centre') THEN
    BEGIN CREATE ROLE sanaq_centre NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO sanaq_station, sanaq_centre', current_schema());
END
$$;

-- The functions below run with the owner's rights. They look for tables in this schema alone, and never in a session's temporary one first.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- The role that brought a row: the one that logged in, whatever it has become since by SET ROLE or inside a function. Empty: before roles.
ALTER TABLE chunks ADD COLUMN brought_by text NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN brought_by text NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN brought_by text NOT NULL DEFAULT '';
ALTER TABLE chunks ALTER COLUMN brought_by SET DEFAULT session_user;
ALTER TABLE batches ALTER COLUMN brought_by SET DEFAULT session_user;
ALTER TABLE conflicts ALTER COLUMN brought_by SET DEFAULT session_user;

-- Heads of the stations' audit logs, so that a station cannot cut off the end of its own. Two heads under one number are both kept: that is what an auditor looks
-- for. Keyed by station: of all tables the only one that does not speak of a tablet.
CREATE TABLE audit_heads (
  station    bytea NOT NULL CHECK (octet_length(station) = 16),
  no         bigint NOT NULL CHECK (no > 0),
  digest     bytea NOT NULL,
  head       bytea NOT NULL CHECK (octet_length(head) BETWEEN 1 AND 65536),
  brought_by text NOT NULL DEFAULT session_user,
  received   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (station, no, digest),
  CONSTRAINT digest_is_of_head CHECK (digest = sha256(head))
);

ALTER TABLE chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE conflicts ENABLE ROW LEVEL SECURITY;
ALTER TABLE acks ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_rows ON chunks FOR SELECT TO sanaq_station USING (brought_by = session_user);
CREATE POLICY own_rows ON batches FOR SELECT TO sanaq_station USING (brought_by = session_user);
CREATE POLICY own_rows ON conflicts FOR SELECT TO sanaq_station USING (brought_by = session_user);
CREATE POLICY own_rows ON audit_heads FOR SELECT TO sanaq_station USING (brought_by = session_user);
CREATE POLICY bring ON chunks FOR INSERT TO sanaq_station WITH CHECK (brought_by = session_user);
CREATE POLICY bring ON audit_heads FOR INSERT TO sanaq_station WITH CHECK (brought_by = session_user);

CREATE POLICY all_rows ON chunks FOR SELECT TO sanaq_centre USING (true);
CREATE POLICY all_rows ON batches FOR SELECT TO sanaq_centre USING (true);
CREATE POLICY all_rows ON conflicts FOR SELECT TO sanaq_centre USING (true);
CREATE POLICY all_rows ON acks FOR SELECT TO sanaq_centre USING (true);
CREATE POLICY all_rows ON audit_heads FOR SELECT TO sanaq_centre USING (true);
CREATE POLICY acknowledge ON acks FOR INSERT TO sanaq_centre WITH CHECK (true);

-- A station adds pieces of bodies by itself, since the database checks each; batches it files through file_batch, which checks the whole. The columns that say who and
-- when are filled by the database.
GRANT SELECT ON schema_version, chunks, batches, conflicts, audit_heads TO sanaq_station;
GRANT INSERT (device, digest, body) ON chunks TO sanaq_station;
GRANT INSERT (station, no, digest, head) ON audit_heads TO sanaq_station;
GRANT SELECT ON schema_version, chunks, batches, conflicts, acks, audit_heads TO sanaq_centre;
GRANT INSERT (device, chain, seq, manifest, cose) ON acks TO sanaq_centre;

-- As in 0001, with three changes. It runs with the owner's rights, so that a batch which another station brought, or pieces of it, are seen without being shown. It
-- holds batches against sweep_chunks from its first look to its commit, so that no piece goes between the look and the filing. And `accepted` is told to the
-- role that brought the batch, not to whoever claims its store.
CREATE OR REPLACE FUNCTION file_batch(
  of_device bytea, of_chain bytea, of_seq integer, of_manifest bytea,
  of_campaign text, of_length bigint, of_chunks bytea[], of_cose bytea, by_uploader bytea, at_most integer,
  OUT answer text, OUT missing integer[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  first batches%ROWTYPE;
  fits boolean;
BEGIN
  LOCK TABLE batches IN ROW EXCLUSIVE MODE;
  missing := ARRAY(
    SELECT (w.place - 1)::integer
    FROM unnest(of_chunks) WITH ORDINALITY AS w(digest, place)
    WHERE NOT EXISTS (SELECT FROM chunks c WHERE c.device = of_device AND c.digest = w.digest)
    ORDER BY w.place LIMIT at_most);
  IF cardinality(missing) > 0 THEN
    answer := 'incomplete';
    RETURN;
  END IF;

  SELECT count(*) = cardinality(of_chunks)
     AND coalesce(sum(octet_length(c.body)), 0) = of_length
     AND coalesce(bool_and(octet_length(c.body) = 1048576 OR w.place = cardinality(of_chunks)), true)
    INTO fits
    FROM unnest(of_chunks) WITH ORDINALITY AS w(digest, place)
    JOIN chunks c ON c.device = of_device AND c.digest = w.digest;
  IF NOT fits THEN
    answer := 'contradictory';
    RETURN;
  END IF;

  INSERT INTO batches (device, chain, seq, manifest, campaign, length, chunks, cose, uploader)
  VALUES (of_device, of_chain, of_seq, of_manifest, of_campaign, of_length, of_chunks, of_cose, by_uploader)
  ON CONFLICT (device, chain, seq) DO NOTHING;
  SELECT * INTO STRICT first FROM batches b
  WHERE b.device = of_device AND b.chain = of_chain AND b.seq = of_seq;

  IF first.manifest <> of_manifest THEN
    INSERT INTO conflicts (device, chain, seq, manifest, campaign, length, chunks, cose, uploader)
    VALUES (of_device, of_chain, of_seq, of_manifest, of_campaign, of_length, of_chunks, of_cose, by_uploader)
    ON CONFLICT (device, chain, seq, manifest) DO NOTHING;
    answer := 'conflict';
  ELSIF first.uploader = by_uploader AND first.brought_by IN ('', session_user) THEN
    answer := 'accepted';
  ELSE
    answer := 'already-there';
  END IF;
END
$$;

-- The acknowledgements for these batches of one tablet, whoever brought them. Whoever can name a manifest's digest has held the batch.
CREATE FUNCTION acks_of(of_device bytea, of_chains bytea[], of_seqs integer[], of_manifests bytea[])
RETURNS TABLE (chain bytea, seq integer, manifest bytea, cose bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT a.chain, a.seq, a.manifest, a.cose
  FROM unnest(of_chains, of_seqs, of_manifests) AS w(chain, seq, manifest)
  JOIN acks a ON a.device = of_device AND a.chain = w.chain AND a.seq = w.seq AND a.manifest = w.manifest
$$;

-- Removes pieces that came longer than `older` ago and that no batch lists: what is left of uploads that were never finished. The lock waits for every filing under
-- way and lets none begin, so a piece that a filing has counted on is listed by the time it is looked for. Value: pieces removed. For the owner alone.
CREATE FUNCTION sweep_chunks(older interval) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  removed bigint;
BEGIN
  LOCK TABLE batches, conflicts IN SHARE MODE;
  DELETE FROM chunks c
  WHERE c.received < now() - older
    AND NOT EXISTS (SELECT FROM batches b WHERE b.device = c.device AND c.digest = ANY (b.chunks))
    AND NOT EXISTS (SELECT FROM conflicts b WHERE b.device = c.device AND c.digest = ANY (b.chunks));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION file_batch(bytea, bytea, integer, bytea, text, bigint, bytea[], bytea, bytea, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION acks_of(bytea, bytea[], integer[], bytea[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION sweep_chunks(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION file_batch(bytea, bytea, integer, bytea, text, bigint, bytea[], bytea, bytea, integer) TO sanaq_station;
GRANT EXECUTE ON FUNCTION acks_of(bytea, bytea[], integer[], bytea[]) TO sanaq_station, sanaq_centre;

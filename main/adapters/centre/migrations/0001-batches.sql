-- Every primary key begins with the tablet's id, so that the tables can be distributed by it (docs/adr/0005).
-- Identities are raw bytes: 16 for a tablet, a chain and an uploader, 32 for a SHA-256.

-- Bodies in pieces of 1 MiB, once for each content of a tablet. What a piece holds is what the database itself has hashed.
CREATE TABLE chunks (
  device   bytea NOT NULL CHECK (octet_length(device) = 16),
  digest   bytea NOT NULL,
  body     bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 1048576),
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device, digest),
  CONSTRAINT digest_is_of_body CHECK (digest = sha256(body))
);
-- Bodies are ciphertext: compressing them would cost time and gain nothing.
ALTER TABLE chunks ALTER COLUMN body SET STORAGE EXTERNAL;

-- The batches that are here whole: the first manifest that came for a place in a chain.
CREATE TABLE batches (
  device   bytea NOT NULL CHECK (octet_length(device) = 16),
  chain    bytea NOT NULL CHECK (octet_length(chain) = 16),
  seq      integer NOT NULL CHECK (seq BETWEEN 1 AND 99999999),
  manifest bytea NOT NULL CHECK (octet_length(manifest) = 32),
  campaign text NOT NULL,
  length   bigint NOT NULL CHECK (length >= 0),
  chunks   bytea[] NOT NULL,
  cose     bytea NOT NULL,
  uploader bytea NOT NULL CHECK (octet_length(uploader) = 16),
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device, chain, seq),
  CHECK (cardinality(chunks) = (length + 1048575) / 1048576)
);

-- Other manifests that came for a place that was taken. Kept whole, for a person to judge.
CREATE TABLE conflicts (
  device   bytea NOT NULL CHECK (octet_length(device) = 16),
  chain    bytea NOT NULL CHECK (octet_length(chain) = 16),
  seq      integer NOT NULL CHECK (seq BETWEEN 1 AND 99999999),
  manifest bytea NOT NULL CHECK (octet_length(manifest) = 32),
  campaign text NOT NULL,
  length   bigint NOT NULL CHECK (length >= 0),
  chunks   bytea[] NOT NULL,
  cose     bytea NOT NULL,
  uploader bytea NOT NULL CHECK (octet_length(uploader) = 16),
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device, chain, seq, manifest),
  CHECK (cardinality(chunks) = (length + 1048575) / 1048576)
);

-- The centre's signed acknowledgements.
CREATE TABLE acks (
  device   bytea NOT NULL CHECK (octet_length(device) = 16),
  chain    bytea NOT NULL CHECK (octet_length(chain) = 16),
  seq      integer NOT NULL CHECK (seq BETWEEN 1 AND 99999999),
  manifest bytea NOT NULL CHECK (octet_length(manifest) = 32),
  cose     bytea NOT NULL,
  made     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device, chain, seq, manifest)
);

-- Answers for one batch in one transaction. `answer` is accepted, already-there or conflict where the whole batch is here and
-- filed, `incomplete` with the places (from 0) of at most `at_most` chunks that are not here yet, or `contradictory` where the chunks do
-- not make up the length. Relies on READ COMMITTED: after an insert that gave way to another transaction's, the next
-- statement sees the row that won.
CREATE FUNCTION file_batch(
  of_device bytea, of_chain bytea, of_seq integer, of_manifest bytea,
  of_campaign text, of_length bigint, of_chunks bytea[], of_cose bytea, by_uploader bytea, at_most integer,
  OUT answer text, OUT missing integer[]
) LANGUAGE plpgsql AS $$
DECLARE
  first batches%ROWTYPE;
  fits boolean;
BEGIN
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
  ELSIF first.uploader = by_uploader THEN
    answer := 'accepted';
  ELSE
    answer := 'already-there';
  END IF;
END
$$;

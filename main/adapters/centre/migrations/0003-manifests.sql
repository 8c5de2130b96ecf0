-- What a filing says is held against the manifest that it brings. A station's role is not the tablet's key: it could file other bodies under a true manifest's
-- digest before the honest station comes. So the digest is derived from the manifest itself, and number, tablet, chain, length and chunks must be those in the
-- signed payload. Nobody is told `already-there` unless manifest and chunks are the same. The signature is not checked here: PostgreSQL has no Ed25519.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Heads of CBOR items in their shortest form (RFC 8949, section 4.2.1). `major`: 0 unsigned, 2 bytes, 3 text, 4 array.
CREATE FUNCTION cbor_head(major integer, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT SET search_path FROM CURRENT AS $$
  SELECT decode(
    CASE
      WHEN n < 24 THEN lpad(to_hex(major * 32 + n), 2, '0')
      WHEN n < 256 THEN lpad(to_hex(major * 32 + 24), 2, '0') || lpad(to_hex(n), 2, '0')
      WHEN n < 65536 THEN lpad(to_hex(major * 32 + 25), 2, '0') || lpad(to_hex(n), 4, '0')
      WHEN n < 4294967296 THEN lpad(to_hex(major * 32 + 26), 2, '0') || lpad(to_hex(n), 8, '0')
      ELSE lpad(to_hex(major * 32 + 27), 2, '0') || lpad(to_hex(n), 16, '0')
    END, 'hex')
$$;
CREATE FUNCTION cbor_text(words text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT SET search_path FROM CURRENT AS $$
  SELECT cbor_head(3, octet_length(convert_to(words, 'UTF8'))) || convert_to(words, 'UTF8')
$$;
CREATE FUNCTION cbor_bytes(content bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT SET search_path FROM CURRENT AS $$
  SELECT cbor_head(2, octet_length(content)) || content
$$;

-- The byte string that begins at `at` (counted from 0), its head included; NULL where there is none.
CREATE FUNCTION cbor_bytes_at(whole bytea, at integer) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT SET search_path FROM CURRENT AS $$
DECLARE
  kind integer;
  size bigint;
  head integer;
  item bytea;
BEGIN
  IF at + 5 > octet_length(whole) THEN RETURN NULL; END IF;
  kind := get_byte(whole, at);
  IF kind BETWEEN 64 AND 87 THEN
    size := kind - 64; head := 1;
  ELSIF kind = 88 THEN
    size := get_byte(whole, at + 1); head := 2;
  ELSIF kind = 89 THEN
    size := get_byte(whole, at + 1) * 256 + get_byte(whole, at + 2); head := 3;
  ELSIF kind = 90 THEN
    size := ((get_byte(whole, at + 1)::bigint * 256 + get_byte(whole, at + 2)) * 256 + get_byte(whole, at + 3)) * 256
      + get_byte(whole, at + 4);
    head := 5;
  ELSE
    RETURN NULL;
  END IF;
  IF size > octet_length(whole) THEN RETURN NULL; END IF;
  item := substring(whole FROM at + 1 FOR (head + size)::integer);
  RETURN CASE WHEN octet_length(item) = head + size THEN item END;
END
$$;

-- Whether a manifest file (COSE_Sign1, docs/formats.md) has this digest and names this batch. The keys of its payload stand in CBOR's order, so chain,
-- chunk, chunks, device and length follow one another.
CREATE FUNCTION states_batch(
  of_device bytea, of_chain bytea, of_seq integer, of_manifest bytea,
  of_campaign text, of_length bigint, of_chunks bytea[], of_cose bytea
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
  protected bytea;
  payload bytea;
  place integer;
BEGIN
  IF substring(of_cose FROM 1 FOR 2) IS DISTINCT FROM '\xd284'::bytea THEN RETURN false; END IF;
  protected := cbor_bytes_at(of_cose, 2);
  IF protected IS NULL THEN RETURN false; END IF;
  place := 2 + octet_length(protected);
  IF substring(of_cose FROM place + 1 FOR 1) <> '\xa0'::bytea THEN RETURN false; END IF;
  payload := cbor_bytes_at(of_cose, place + 1);
  IF payload IS NULL THEN RETURN false; END IF;
  place := place + 1 + octet_length(payload);
  -- The signature, 64 bytes, and nothing behind it.
  IF substring(of_cose FROM place + 1 FOR 2) <> '\x5840'::bytea OR octet_length(of_cose) <> place + 66 THEN RETURN false; END IF;
  -- ["Signature1", protected, h'', payload] (RFC 9052, section 4.4).
  IF sha256('\x846a5369676e617475726531'::bytea || protected || '\x40'::bytea || payload) <> of_manifest THEN RETURN false; END IF;

  RETURN position(
      '\xae617601'::bytea || cbor_text('seq') || cbor_head(0, of_seq) || cbor_text('area') IN substring(payload FROM 1 FOR 64)) > 0
    AND position(
      cbor_text('chain') || cbor_bytes(of_chain)
      || cbor_text('chunk') || cbor_head(0, 1048576)
      || cbor_text('chunks') || cbor_head(4, cardinality(of_chunks))
      || coalesce((SELECT string_agg(cbor_bytes(w.digest), ''::bytea ORDER BY w.place)
                   FROM unnest(of_chunks) WITH ORDINALITY AS w(digest, place)), ''::bytea)
      || cbor_text('device') || cbor_bytes(of_device)
      || cbor_text('length') || cbor_head(0, of_length)
      || cbor_text('schema') IN payload) > 0
    AND position(cbor_text('campaign') || cbor_text(of_campaign) || cbor_text('recipients') IN payload) > 0;
END
$$;

-- One manifest may come in several files: every one of them is kept, the honest one too.
ALTER TABLE conflicts ADD COLUMN file bytea GENERATED ALWAYS AS (sha256(cose)) STORED;
ALTER TABLE conflicts DROP CONSTRAINT conflicts_pkey;
ALTER TABLE conflicts ADD PRIMARY KEY (device, chain, seq, manifest, file);

-- As in 0002, with two changes: a filing that does not agree with its manifest is `contradictory`, and the same manifest with another file or other chunks (from
-- before this version) is a conflict, where all is kept.
CREATE OR REPLACE FUNCTION file_batch(
  of_device bytea, of_chain bytea, of_seq integer, of_manifest bytea,
  of_campaign text, of_length bigint, of_chunks bytea[], of_cose bytea, by_uploader bytea, at_most integer,
  OUT answer text, OUT missing integer[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  first batches%ROWTYPE;
  fits boolean;
BEGIN
  IF states_batch(of_device, of_chain, of_seq, of_manifest, of_campaign, of_length, of_chunks, of_cose) IS NOT TRUE THEN
    answer := 'contradictory';
    RETURN;
  END IF;
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

  IF first.manifest <> of_manifest OR first.cose <> of_cose OR first.chunks <> of_chunks THEN
    INSERT INTO conflicts (device, chain, seq, manifest, campaign, length, chunks, cose, uploader)
    VALUES (of_device, of_chain, of_seq, of_manifest, of_campaign, of_length, of_chunks, of_cose, by_uploader)
    ON CONFLICT (device, chain, seq, manifest, file) DO NOTHING;
    answer := 'conflict';
  ELSIF first.uploader = by_uploader AND first.brought_by IN ('', session_user) THEN
    answer := 'accepted';
  ELSE
    answer := 'already-there';
  END IF;
END
$$;

REVOKE ALL ON FUNCTION cbor_head(integer, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION cbor_text(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cbor_bytes(bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION cbor_bytes_at(bytea, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION states_batch(bytea, bytea, integer, bytea, text, bigint, bytea[], bytea) FROM PUBLIC;

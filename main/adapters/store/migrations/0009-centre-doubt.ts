/**
 * An answer of the centre counts until the centre is seen to have forgotten it. `facts` keeps under `centre-doubt` the number of the line that told so:
 * answers of that line or before no longer count, until the centre answers anew (`confirmed_line`). `barred`: the batch may not be sent, because its
 * signer was revoked or the campaign has another root. Never edited once it has shipped.
 */
export const centreDoubt = `
ALTER TABLE batches ADD COLUMN confirmed_line INTEGER;
ALTER TABLE batches ADD COLUMN barred INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER batches_barred_changed AFTER UPDATE OF barred, confirmed_line, acked ON batches BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
INSERT INTO facts (name, value)
  SELECT 'centre-doubt', no FROM (SELECT coalesce(max(no), 0) AS no FROM audit)
  WHERE EXISTS (SELECT 1 FROM facts WHERE name = 'centre-forgot');
`;

/** What other stations have said, and marks of sending, belong into the books of the windows too (0002-desk.ts, `stale`). */
const follow = (table: string): string =>
  [
    ["new", "INSERT", "NEW"],
    ["changed", "UPDATE", "NEW"],
    ["gone", "DELETE", "OLD"],
  ]
    .map(
      ([name, event, row]) => `
CREATE TRIGGER ${table}_books_${name} AFTER ${event} ON ${table} BEGIN
  INSERT INTO stale SELECT ${row}.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = ${row}.device);
END;`,
    )
    .join("");

export const books = `${follow("elsewhere")}${follow("sent_marks")}
INSERT OR IGNORE INTO stale SELECT device FROM elsewhere UNION SELECT device FROM sent_marks;
`;

/** The centre's answers of each kind in the order they came in, for asking it whether it still knows the last. Never edited once it has shipped. */
export const answers = `
CREATE INDEX batches_answered ON batches (centre, answered_line) WHERE centre IS NOT NULL;
`;

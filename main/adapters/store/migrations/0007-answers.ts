/** The centre's answers in the order they came in, for asking it whether it still knows the last. Never edited once it has shipped. */
export const answers = `
CREATE INDEX batches_answered ON batches (answered_line) WHERE centre IS NOT NULL;
`;

/**
 * Threads on which Node waits for disks, as its environment variable UV_THREADPOOL_SIZE wants it; it counts only before the first of them
 * has work. A thread that waits for an fsync does nothing else: with Node's four, the fsyncs of one tablet hold up the reading of all others.
 */
export const DISK_THREADS = "16";

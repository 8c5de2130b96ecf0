#!/usr/bin/env node
import { DISK_THREADS } from "../adapters/disk/threads.ts";
import { begin } from "../hosting/begin.ts";

process.env.UV_THREADPOOL_SIZE ??= DISK_THREADS;
begin(() => import("./start.ts"));

#!/usr/bin/env node
import { begin } from "../hosting/begin.ts";

begin(() => import("./start.ts"));

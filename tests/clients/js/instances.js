// The services that run.sh started, and evidence for them.
import { readFileSync } from "node:fs";

const instance = (name) => ({
  url: process.env[`${name}_URL`],
  credential: { getToken: async () => ({ token: process.env.DEV_TOKEN, expiresOnTimestamp: Date.now() + 3600_000 }) },
});

export const dev = instance("DEV");
export const recorded = instance("RECORDED");
export const emulated = (name) => readFileSync(`${process.env.EVIDENCE}/${name}`);
export const real = (name) => readFileSync(`${process.env.CASEMATE_SHARED}/evidence/${name}`);

// Runs the group in Node: node run.mjs interop_wasm.wasm
import { readFileSync } from "node:fs";
import process from "node:process";
import { webcrypto } from "node:crypto";

let memory;
const bytes = (at, len) => new Uint8Array(memory.buffer, at >>> 0, len >>> 0);

const host = {
  random(at, len) {
    // It gives 65536 bytes at a time.
    for (let done = 0; done < len; done += 65536) {
      webcrypto.getRandomValues(bytes(at + done, Math.min(65536, len - done)));
    }
  },
  now: () => BigInt(Math.floor(Date.now() / 1000)),
  print: (at, len) => console.log(new TextDecoder().decode(bytes(at, len))),
};

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), { host });
memory = instance.exports.memory;
process.exitCode = instance.exports.run();

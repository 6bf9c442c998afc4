// What a script tag loads, as a module or not: without exports, both can read it.
import { mount, open } from "./element.ts";

Object.assign(globalThis, { maily: { mount, open } });

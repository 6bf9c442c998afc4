import { webkit } from "./webkit.ts";
import { trips } from "./trips.ts";

trips(webkit);

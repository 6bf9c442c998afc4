import { chromium } from "./chromium.ts";
import { trips } from "./trips.ts";

trips(chromium);

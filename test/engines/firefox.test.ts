import { firefox } from "./firefox.ts";
import { trips } from "./trips.ts";

trips(firefox);

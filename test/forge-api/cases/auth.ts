import { createBasic } from "../forge/connection.ts";
import { exchange, type Group } from "./case.ts";

const ROUTES = [
  "sdapi-v1-samplers",
  "sdapi-v1-loras",
  "sdapi-v1-nope",
  "controlnet-model_list",
  "internal-ping",
  "txt2img-invalid",
];

/** What stands in the header of each kind of login; null sends none. */
const KINDS: Record<string, (login: string) => string | null> = {
  none: () => null,
  wrong_password: (login) => createBasic(`${login}x`),
  wrong_user: (login) => createBasic(`x${login}`),
  bearer: () => "Bearer abc",
  broken_basic: () => "Basic %%%",
  good: (login) => createBasic(login),
};

/** Six kinds of credentials on five routes and one broken body. */
export const AUTH: Group = {
  name: "auth",
  needs: ["page", "login"],
  cases: Object.entries(KINDS).flatMap(([kind, write]) =>
    ROUTES.map((route) =>
      exchange(`auth/${kind}-${route}`, {
        send: (request, { forge, login }) =>
          forge.send(request, { authorization: write(login ?? "") }),
      }),
    ),
  ),
};

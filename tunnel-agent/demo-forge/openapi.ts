import { DEMO_TITLE, DEMO_VERSION } from "./catalogue.ts";
import {
  type FieldTable,
  type FieldType,
  EXTRA_SINGLE_FIELDS,
  IMG2IMG_FIELDS,
  PNG_INFO_FIELDS,
  PROGRESS_FIELDS,
  REQUIRED,
  TXT2IMG_FIELDS,
} from "./request-fields.ts";
import type { Route } from "./routes/route.ts";

const SCHEMAS = {
  StableDiffusionProcessingTxt2Img: TXT2IMG_FIELDS,
  StableDiffusionProcessingImg2Img: IMG2IMG_FIELDS,
  ExtrasSingleImageRequest: EXTRA_SINGLE_FIELDS,
  PNGInfoRequest: PNG_INFO_FIELDS,
  ProgressRequest: PROGRESS_FIELDS,
} satisfies Record<string, FieldTable>;

/** The document from which a client reads routes and fields; its title says that it is a demo. */
export function describeApi(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: describeOperation(route),
    };
  }
  const schemas = Object.entries(SCHEMAS).map(([name, table]) => [name, describe(name, table)]);
  return {
    openapi: "3.1.0",
    info: { title: DEMO_TITLE, version: DEMO_VERSION },
    paths,
    components: { schemas: Object.fromEntries(schemas) },
  };
}

function describeOperation({ path, method, schema }: Route) {
  const name = path.slice(1).replace(/\W+/g, "_");
  const operation = {
    summary: name,
    operationId: `${name}_${method.toLowerCase()}`,
    responses: { 200: { description: "Successful Response" } },
  };
  if (schema === null) return operation;
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
  return { ...operation, requestBody: { content, required: true } };
}

function describe(title: string, table: FieldTable) {
  const fields = Object.entries(table);
  const properties = fields.map(([name, [type, standard]]) => {
    const hasDefault = standard !== null && standard !== REQUIRED;
    return [name, { ...describeType(type), ...(hasDefault ? { default: standard } : {}) }];
  });
  const required = fields.filter(([, [, standard]]) => standard === REQUIRED);
  return {
    type: "object",
    title,
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required: required.map(([name]) => name) } : {}),
  };
}

const JSON_TYPES: Record<string, object> = {
  int: { type: "integer" },
  float: { type: "number" },
  str: { type: "string" },
  bool: { type: "boolean" },
  dict: { type: "object" },
  list: { type: "array", items: {} },
  strings: { type: "array", items: { type: "string" } },
};

function describeType(type: FieldType): object {
  const base = JSON_TYPES[type.replace("?", "")] ?? {};
  return type.endsWith("?") ? { anyOf: [base, { type: "null" }] } : base;
}

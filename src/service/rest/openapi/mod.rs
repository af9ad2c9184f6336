//! The OpenAPI document (3.1) of our own routes, made from the table of routes: what is not in the table is not in it, and the
//! table says who may call each.
//!
//! The schemas are those of the types themselves, made by schemars as those of the lines of `--json` are: JSON Schema of draft
//! 2020-12 is the schema language of OpenAPI 3.1, so that no type is described twice. The rest is utoipa's model of such a
//! document. Its annotations of handlers would name method, path and who may call each a second time, beside the table.

mod examples;
mod operation;
pub(super) mod operations;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, Operation as Described, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder, Paths, Ref, RefOr,
    Required, ResponseBuilder, Server,
};

pub(super) use self::operation::Operation;
use self::operation::{Brings, Field, Kind};
use super::answer::status_of;
use super::{Access, Route};
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::ErrorBody;

/// Below it are the routes of the document.
const OURS: &str = "/api/v1/";

/// The media type of nearly all that is sent.
const JSON: &str = "application/json";

/// The names of the three ways to prove who asks.
const USER_TOKEN: &str = "user_token";
const ADMIN_SECRET: &str = "admin_secret";
const ACCESS_KEY: &str = "access_key";

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    let mut paths = Paths::new();
    for route in super::routes().iter().filter(|route| route.path.starts_with(OURS)) {
        if let (Some(operation), Some(method)) = (&route.described, method(&route.method)) {
            paths.add_path_operation(route.path, vec![method], described(route, operation, &mut generator));
        }
    }
    let license = LicenseBuilder::new().name(env!("CARGO_PKG_LICENSE")).identifier(Some(env!("CARGO_PKG_LICENSE")));
    let info = InfoBuilder::new()
        .title("Switchboard")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "People, friends, groups and calls of one service. Lists come in pages; every refusal has one form.",
        ))
        .license(Some(license.build()));
    let document = OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([Server::new("/")]))
        .paths(paths)
        .components(Some(proofs().build()))
        .build();
    let mut document = serde_json::to_value(document).expect("the document is JSON");
    generator.subschema_for::<ErrorBody>();
    document["components"]["schemas"] = generator.take_definitions(true).into();
    document
}

fn described(route: &Route, operation: &Operation, generator: &mut SchemaGenerator) -> Described {
    let mut built = OperationBuilder::new()
        .operation_id(Some(operation.id))
        .summary(Some(operation.summary))
        .tag(tag(route))
        .securities(Some(securities(route.access)));
    for (place, fields) in [(ParameterIn::Path, operation.path), (ParameterIn::Query, operation.query)] {
        for field in fields {
            built = built.parameter(parameter(field, place.clone(), generator));
        }
    }
    if let Some(body) = &operation.body {
        let body = RequestBodyBuilder::new().content(JSON, content(body, generator)).required(Some(Required::True));
        built = built.request_body(Some(body.build()));
    }
    let (status, brings) = &operation.answer;
    let success = match brings {
        Brings::Nothing => ResponseBuilder::new().description("Done"),
        Brings::Json(kind) => ResponseBuilder::new().description("Done").content(JSON, content(kind, generator)),
        Brings::Bytes(kind) => ResponseBuilder::new().description("Done").content(*kind, Content::default()),
    };
    built = built.response(status.to_string(), success.build());
    for (status, codes) in refusals(route.access, operation) {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody")));
        let refused = ResponseBuilder::new().description(codes.join(", ")).content(JSON, body.build());
        built = built.response(status.to_string(), refused.build());
    }
    built.build()
}

/// The statuses a route refuses with, and the codes of each.
fn refusals(access: Access, operation: &Operation) -> BTreeMap<u16, Vec<String>> {
    use FailureCode::{BadRequest, Forbidden, Internal, TokenExpired, TooManyRequests, Unauthenticated, Unavailable};

    let mut codes = vec![Forbidden, TooManyRequests, Internal, Unavailable];
    if access != Access::Anyone {
        codes.extend([Unauthenticated, TokenExpired]);
    }
    // The body of a request that is signed is read first.
    let reads = operation.body.is_some() || access == Access::Admin;
    if reads || !operation.path.is_empty() || !operation.query.is_empty() {
        codes.push(BadRequest);
    }
    codes.extend(operation.refusals);
    let mut by_status: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for code in codes {
        by_status.entry(status_of(code).as_u16()).or_default().insert(word(code));
    }
    if reads {
        by_status.insert(413, [word(BadRequest)].into());
    }
    if operation.body.is_some() {
        by_status.insert(415, [word(BadRequest)].into());
    }
    by_status.into_iter().map(|(status, codes)| (status, codes.into_iter().collect())).collect()
}

fn word(code: FailureCode) -> String {
    json!(code).as_str().unwrap_or_default().to_owned()
}

fn parameter(field: &Field, place: ParameterIn, generator: &mut SchemaGenerator) -> Parameter {
    let required = if field.needed { Required::True } else { Required::False };
    Parameter::builder()
        .name(field.name)
        .parameter_in(place)
        .required(required)
        .description(Some(field.means))
        .schema(Some(schema((field.kind.schema)(generator))))
        .example(Some(field.kind.example()))
        .build()
}

fn content(kind: &Kind, generator: &mut SchemaGenerator) -> Content {
    ContentBuilder::new().schema(Some(schema((kind.schema)(generator)))).example(Some(kind.example())).build()
}

fn schema(schema: Schema) -> RefOr<utoipa::openapi::Schema> {
    serde_json::from_value(schema.to_value()).expect("types of the wire are objects, arrays and plain values")
}

/// Which part of the service a route belongs to: the first word of its path.
fn tag(route: &Route) -> &'static str {
    match route.path.trim_start_matches(OURS).split('/').next().unwrap_or_default() {
        "openapi.json" => "document",
        "sign-in" | "sign-up" | "refresh" | "sign-out" => "session",
        word => word,
    }
}

fn securities(access: Access) -> Vec<SecurityRequirement> {
    let names: &[&str] = match access {
        Access::Anyone => &[],
        Access::User => &[USER_TOKEN],
        Access::App => &[ACCESS_KEY],
        Access::Admin | Access::Local => &[ADMIN_SECRET, USER_TOKEN, ACCESS_KEY],
    };
    names.iter().map(|name| SecurityRequirement::new(*name, [""; 0])).collect()
}

fn proofs() -> ComponentsBuilder {
    let bearer = |means: &str| HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(means));
    let token = "The access token of a sign-in. Where it is one of several, the account needs the role admin.";
    let secret = "The admin secret of service.json, in the folder of the service.";
    let signed = "HMAC-SHA256 with an access key, as programs sign for Azure Communication Services.";
    let signed = ApiKey::Header(ApiKeyValue::with_description("Authorization", signed));
    ComponentsBuilder::new()
        .security_scheme(USER_TOKEN, SecurityScheme::Http(bearer(token).bearer_format("JWT").build()))
        .security_scheme(ADMIN_SECRET, SecurityScheme::Http(bearer(secret).build()))
        .security_scheme(ACCESS_KEY, SecurityScheme::ApiKey(signed))
}

fn method(method: &Method) -> Option<HttpMethod> {
    Some(match *method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => return None,
    })
}

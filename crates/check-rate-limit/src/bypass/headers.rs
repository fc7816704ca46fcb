//! Headers that a client may set and that a server may believe (CWE-348): where a request comes from, and what sends it.

use crate::account::Account;
use crate::guess;

use super::{Bundle, Same, Variant};

/// Names under which proxies pass on an address.
const ADDRESSES: [&str; 16] = [
    "X-Forwarded-For",
    // Applications that look for the name of the CGI variable take it from the wire too.
    "X_FORWARDED_FOR",
    "X-Real-IP",
    "X-Client-IP",
    "X-Originating-IP",
    "X-Remote-IP",
    "X-Remote-Addr",
    "X-Cluster-Client-IP",
    "X-ProxyUser-Ip",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "X-Azure-ClientIP",
    "X-Forwarded",
    "Forwarded-For",
    "Client-IP",
];

type Header = (String, String);

/// All of them, in bundles that exclude each other.
pub(super) fn bundles(account: &Account) -> Vec<Bundle> {
    let each = |value: &dyn Fn() -> String| -> Vec<Header> {
        ADDRESSES.iter().map(|name| ((*name).to_owned(), value())).collect()
    };
    let mut plain = each(&guess::ipv4);
    plain.push(("Forwarded".to_owned(), format!("for={};proto=http", guess::ipv4())));
    let mut sixth = each(&guess::ipv6);
    sixth.push(("Forwarded".to_owned(), format!("for=\"[{}]:4711\"", guess::ipv6())));
    let mut own = each(&|| "127.0.0.1".to_owned());
    own.push(("Forwarded".to_owned(), "for=127.0.0.1".to_owned()));
    let forwarded = |value: String| vec![("X-Forwarded-For".to_owned(), value)];
    let client = [
        (
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ),
        ("Accept-Language", "eo"),
        ("Via", "1.1 proxy.launchgate.test"),
        ("Cookie", "session=0; sid=0"),
    ];
    let mut bundles = vec![
        bundle(account, "", plain),
        bundle(account, " as IPv6", sixth),
        bundle(account, " as this machine", own),
        bundle(
            account,
            "",
            client.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ),
    ];
    let lists = [
        (
            "X-Forwarded-For as a list",
            forwarded(format!("{}, {}", guess::ipv4(), guess::ipv4())),
        ),
        (
            "X-Forwarded-For as a list that ends with this machine",
            forwarded(format!("{}, 127.0.0.1", guess::ipv4())),
        ),
        (
            "X-Forwarded-For as a mapped address",
            forwarded(format!("::ffff:{}", guess::ipv4())),
        ),
        (
            "X-Forwarded-For with a port",
            forwarded(format!("{}:4711", guess::ipv4())),
        ),
        (
            "X-Forwarded-For twice",
            vec![
                ("X-Forwarded-For".to_owned(), guess::ipv4()),
                ("X-Forwarded-For".to_owned(), guess::ipv4()),
            ],
        ),
    ];
    bundles.push(Bundle {
        together: None,
        variants: lists
            .into_iter()
            .map(|(name, headers)| Variant {
                name: name.to_owned(),
                outgoing: with(account, headers),
                proof: Same::Request,
            })
            .collect(),
    });
    bundles
}

fn bundle(account: &Account, how: &str, headers: Vec<Header>) -> Bundle {
    let variants = headers
        .iter()
        .map(|header| Variant {
            name: format!("{}{how}", header.0),
            outgoing: with(account, vec![header.clone()]),
            proof: Same::Request,
        })
        .collect();
    Bundle {
        together: Some(with(account, headers)),
        variants,
    }
}

fn with(account: &Account, headers: Vec<Header>) -> gate_exchange::Outgoing {
    let mut request = account.attempted();
    request.headers.extend(headers);
    account.outgoing(request)
}

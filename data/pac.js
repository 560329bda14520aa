// SPDX-License-Identifier: GPL-3.0-or-later
// What a proxy script may call, as Netscape defined it and browsers have it.
function alert() {}
function dnsResolveEx(host) { return overhearResolve(String(host)) || ""; }
function dnsResolve(host) {
  var all = dnsResolveEx(host).split(";").filter(function (one) { return one.indexOf(":") < 0; });
  return all.length > 0 && all[0] !== "" ? all[0] : null;
}
function isResolvable(host) { return dnsResolve(host) !== null; }
function isResolvableEx(host) { return dnsResolveEx(host) !== ""; }
function myIpAddressEx() { return overhearOwn() || "127.0.0.1"; }
function myIpAddress() { return myIpAddressEx().split(";")[0]; }
function sortIpAddressList(list) { return list; }
function getClientVersion() { return "1.0"; }
function isPlainHostName(host) { return !/[.:]/.test(host); }
function dnsDomainIs(host, domain) {
  return host.length >= domain.length && host.substring(host.length - domain.length) === domain;
}
function dnsDomainLevels(host) { return host.split(".").length - 1; }
function localHostOrDomainIs(host, name) { return host === name || name.lastIndexOf(host + ".", 0) === 0; }
function convert_addr(address) {
  var bytes = String(address).split(".");
  return ((bytes[0] & 255) << 24) | ((bytes[1] & 255) << 16) | ((bytes[2] & 255) << 8) | (bytes[3] & 255);
}
function isInNet(host, pattern, mask) {
  var address = /^\d+\.\d+\.\d+\.\d+$/.test(host) ? host : dnsResolve(host);
  return address !== null && (convert_addr(address) & convert_addr(mask)) === (convert_addr(pattern) & convert_addr(mask));
}
function isInNetEx(host, network) {
  return dnsResolveEx(host).split(";").some(function (one) { return overhearIsIn(one, network); });
}
function shExpMatch(text, pattern) {
  var source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".");
  return new RegExp("^" + source + "$").test(text);
}
// The arguments without a last "GMT", and the time that they are of.
function overhearWhen(list) {
  var words = Array.prototype.slice.call(list), now = new Date(), gmt = words[words.length - 1] === "GMT";
  if (gmt) words.pop();
  return {
    words: words,
    week: gmt ? now.getUTCDay() : now.getDay(),
    day: gmt ? now.getUTCDate() : now.getDate(),
    month: gmt ? now.getUTCMonth() : now.getMonth(),
    year: gmt ? now.getUTCFullYear() : now.getFullYear(),
    second: gmt ? now.getUTCHours() * 3600 + now.getUTCMinutes() * 60 + now.getUTCSeconds()
                : now.getHours() * 3600 + now.getMinutes() * 60 + now.getSeconds()
  };
}
function overhearBetween(from, now, to) { return from <= to ? from <= now && now <= to : now >= from || now <= to; }
function weekdayRange() {
  var when = overhearWhen(arguments), names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  var from = names.indexOf(when.words[0]), to = when.words.length > 1 ? names.indexOf(when.words[1]) : from;
  return from >= 0 && to >= 0 && overhearBetween(from, when.week, to);
}
function dateRange() {
  var when = overhearWhen(arguments), words = when.words;
  var months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
  function kind(word) { return typeof word === "string" && months.indexOf(word) >= 0 ? "month" : word > 31 ? "year" : "day"; }
  function order(parts) { return (parts.year || 0) * 10000 + (parts.month || 0) * 100 + (parts.day || 0); }
  function read(some) {
    var parts = {};
    some.forEach(function (word) { parts[kind(word)] = kind(word) === "month" ? months.indexOf(word) : Number(word); });
    return parts;
  }
  var half = words.length > 1 ? words.length / 2 : 1;
  if (words.length === 0 || half !== Math.floor(half)) return false;
  var from = read(words.slice(0, half)), to = read(words.slice(-half)), now = {};
  Object.keys(from).forEach(function (name) { now[name] = when[name]; });
  return overhearBetween(order(from), order(now), order(to));
}
function timeRange() {
  var when = overhearWhen(arguments), words = when.words.map(Number);
  function at(hour, minute, second) { return hour * 3600 + minute * 60 + second; }
  switch (words.length) {
    case 1: return overhearBetween(at(words[0], 0, 0), when.second, at(words[0], 59, 59));
    case 2: return overhearBetween(at(words[0], 0, 0), when.second, at(words[1], 59, 59));
    case 4: return overhearBetween(at(words[0], words[1], 0), when.second, at(words[2], words[3], 59));
    case 6: return overhearBetween(at(words[0], words[1], words[2]), when.second, at(words[3], words[4], words[5]));
    default: return false;
  }
}

// Loaded into Azurite before its own program: lets storage accounts come and go while it runs.
// Azurite reads AZURITE_ACCOUNTS at its start and then once a minute; here each look-up of an account sees the
// file that the supervisor keeps (WINDLASS_ACCOUNTS_FILE, in the form of AZURITE_ACCOUNTS), read again when it changed.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const accountsFile = process.env.WINDLASS_ACCOUNTS_FILE;
const azurite = path.resolve(process.argv[1], "..", "..");
const AccountDataStore = require(path.join(azurite, "common", "AccountDataStore.js")).default;

AccountDataStore.prototype.refresh = function () {
  const { mtimeNs, ino } = fs.statSync(accountsFile, { bigint: true });
  const version = `${mtimeNs}.${ino}`;
  if (version !== this.windlassVersion) {
    this.accounts = this.parserAccountsEnvironmentString(fs.readFileSync(accountsFile, "utf8"));
    this.windlassVersion = version;
  }
};

AccountDataStore.prototype.getAccount = function (name) {
  this.refresh();
  return this.accounts[name];
};

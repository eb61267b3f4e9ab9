// Loaded into Azurite before its own program: lets storage accounts come and go while it runs.
// Azurite reads AZURITE_ACCOUNTS at its start and then once a minute; here each look-up of an account sees the
// file that the supervisor keeps (WINDLASS_ACCOUNTS_FILE: a line in the form of AZURITE_ACCOUNTS, and a line with the
// names of the accounts that take no keys), read again when it changed.
// It also refuses keys, and signatures made with keys, where an account forbids them (allowSharedKeyAccess). That holds
// for Azure's host names; the supervisor speaks to 127.0.0.1 and signs with keys as the service itself.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const accountsFile = process.env.WINDLASS_ACCOUNTS_FILE;
const azurite = path.resolve(process.argv[1], "..", "..");
const AccountDataStore = require(path.join(azurite, "common", "AccountDataStore.js")).default;

AccountDataStore.prototype.refresh = function () {
  const { mtimeNs, ino } = fs.statSync(accountsFile, { bigint: true });
  const version = `${mtimeNs}.${ino}`;
  if (version !== this.windlassVersion) {
    const [accounts, keyless = ""] = fs.readFileSync(accountsFile, "utf8").split("\n");
    this.accounts = this.parserAccountsEnvironmentString(accounts);
    this.windlassKeyless = new Set(keyless.split(";"));
    this.windlassVersion = version;
  }
};

AccountDataStore.prototype.getAccount = function (name) {
  this.refresh();
  return this.accounts[name];
};

const blob = path.join(azurite, "blob");
const BlobStorageContext = require(path.join(blob, "context", "BlobStorageContext.js")).default;
const StorageError = require(path.join(blob, "errors", "StorageError.js")).default;
const AZURE = /\.blob\.core\.windows\.net(:\d+)?$/i;

function refuseKeys(name, store, isMadeWithKey) {
  const { prototype } = require(path.join(blob, "authentication", `${name}.js`)).default;
  const validate = prototype.validate;
  prototype.validate = async function (request, context) {
    if (AZURE.test(request.getHeader("host") || "") && isMadeWithKey(request)) {
      const { account } = new BlobStorageContext(context);
      this[store].refresh();
      if (this[store].windlassKeyless.has(account)) {
        throw new StorageError(
          403,
          "KeyBasedAuthenticationNotPermitted",
          "Key based authentication is not permitted on this storage account.",
          context.contextId
        );
      }
    }
    return validate.call(this, request, context);
  };
}

// From 2026-04-06 on what a user delegation signs has two lines more, for headers and query parameters that a request
// must have (here always none). Azurite 3.35 does not know them; Microsoft's client signs so.
const signatures = require(path.join(blob, "authentication", "IBlobSASSignatureValues.js"));
const signOlder = signatures.generateBlobSASSignatureWithUDK;
signatures.generateBlobSASSignatureWithUDK = function (values, resource, account, key) {
  const [signature, text] = signOlder(values, resource, account, key);
  if (values.version < "2026-04-06") return [signature, text];
  const lines = text.split("\n");
  lines.splice(-5, 0, "", "");
  const longer = lines.join("\n");
  return [crypto.createHmac("sha256", key).update(longer, "utf8").digest("base64"), longer];
};

const isSigned = (request) => request.getQuery("sig") !== undefined;
refuseKeys("BlobSharedKeyAuthenticator", "dataStore", (request) =>
  /^SharedKey/i.test(request.getHeader("authorization") || "")
);
refuseKeys("AccountSASAuthenticator", "accountDataStore", (request) => isSigned(request) && request.getQuery("ss"));
refuseKeys("BlobSASAuthenticator", "accountDataStore", (request) => isSigned(request) && !request.getQuery("skoid"));

"""Kubernetes clusters, their pools of nodes and namespaces, and the extensions installed on them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from windlass_emulator.arm.shapes.body import Body
from windlass_emulator.shapes import ANY, Items, Shape, Values

_FREE: Shape = Values(ANY)
_DNS: Shape = Values(
    {
        "cacheDurationInSeconds": ANY,
        "forwardDestination": ANY,
        "forwardPolicy": ANY,
        "maxConcurrent": ANY,
        "protocol": ANY,
        "queryLogging": ANY,
        "serveStale": ANY,
        "serveStaleDurationInSeconds": ANY,
    }
)
_SYSCTLS: Shape = {
    "fsAioMaxNr": ANY,
    "fsFileMax": ANY,
    "fsInotifyMaxUserWatches": ANY,
    "fsNrOpen": ANY,
    "kernelThreadsMax": ANY,
    "netCoreNetdevMaxBacklog": ANY,
    "netCoreOptmemMax": ANY,
    "netCoreRmemDefault": ANY,
    "netCoreRmemMax": ANY,
    "netCoreSomaxconn": ANY,
    "netCoreWmemDefault": ANY,
    "netCoreWmemMax": ANY,
    "netIpv4IpLocalPortRange": ANY,
    "netIpv4NeighDefaultGcThresh1": ANY,
    "netIpv4NeighDefaultGcThresh2": ANY,
    "netIpv4NeighDefaultGcThresh3": ANY,
    "netIpv4TcpFinTimeout": ANY,
    "netIpv4TcpKeepaliveProbes": ANY,
    "netIpv4TcpKeepaliveTime": ANY,
    "netIpv4TcpMaxSynBacklog": ANY,
    "netIpv4TcpMaxTwBuckets": ANY,
    "netIpv4TcpTwReuse": ANY,
    "netIpv4TcpkeepaliveIntvl": ANY,
    "netNetfilterNfConntrackBuckets": ANY,
    "netNetfilterNfConntrackMax": ANY,
    "vmMaxMapCount": ANY,
    "vmSwappiness": ANY,
    "vmVfsCachePressure": ANY,
}
_POOL: dict[str, Shape] = {
    "availabilityZones": ANY,
    "capacityReservationGroupID": ANY,
    "count": ANY,
    "creationData": {"sourceResourceId": ANY},
    "enableAutoScaling": ANY,
    "enableEncryptionAtHost": ANY,
    "enableFIPS": ANY,
    "enableNodePublicIP": ANY,
    "enableUltraSSD": ANY,
    "gatewayProfile": {"publicIPPrefixSize": ANY},
    "gpuInstanceProfile": ANY,
    "gpuProfile": {"driver": ANY},
    "hostGroupID": ANY,
    "kubeletConfig": {
        "allowedUnsafeSysctls": ANY,
        "containerLogMaxFiles": ANY,
        "containerLogMaxSizeMB": ANY,
        "cpuCfsQuota": ANY,
        "cpuCfsQuotaPeriod": ANY,
        "cpuManagerPolicy": ANY,
        "failSwapOn": ANY,
        "imageGcHighThreshold": ANY,
        "imageGcLowThreshold": ANY,
        "podMaxPids": ANY,
        "topologyManagerPolicy": ANY,
    },
    "kubeletDiskType": ANY,
    "linuxOSConfig": {
        "swapFileSizeMB": ANY,
        "sysctls": _SYSCTLS,
        "transparentHugePageDefrag": ANY,
        "transparentHugePageEnabled": ANY,
    },
    "localDNSProfile": {"kubeDNSOverrides": _DNS, "mode": ANY, "vnetDNSOverrides": _DNS},
    "maxCount": ANY,
    "maxPods": ANY,
    "messageOfTheDay": ANY,
    "minCount": ANY,
    "mode": ANY,
    "networkProfile": {
        "allowedHostPorts": Items({"portEnd": ANY, "portStart": ANY, "protocol": ANY}),
        "applicationSecurityGroups": ANY,
        "nodePublicIPTags": Items({"ipTagType": ANY, "tag": ANY}),
    },
    "nodeLabels": _FREE,
    "nodePublicIPPrefixID": ANY,
    "nodeTaints": ANY,
    "orchestratorVersion": ANY,
    "osDiskSizeGB": ANY,
    "osDiskType": ANY,
    "osSKU": ANY,
    "osType": ANY,
    "podIPAllocationMode": ANY,
    "podSubnetID": ANY,
    "powerState": {"code": ANY},
    "proximityPlacementGroupID": ANY,
    "scaleDownMode": ANY,
    "scaleSetEvictionPolicy": ANY,
    "scaleSetPriority": ANY,
    "securityProfile": {"enableSecureBoot": ANY, "enableVTPM": ANY, "sshAccess": ANY},
    "spotMaxPrice": ANY,
    "status": {},
    "tags": _FREE,
    "type": ANY,
    "upgradeSettings": {
        "drainTimeoutInMinutes": ANY,
        "maxSurge": ANY,
        "maxUnavailable": ANY,
        "nodeSoakDurationInMinutes": ANY,
        "undrainableNodeBehavior": ANY,
    },
    "virtualMachineNodesStatus": Items({"count": ANY, "size": ANY}),
    "virtualMachinesProfile": {"scale": {"manual": Items({"count": ANY, "size": ANY})}},
    "vmSize": ANY,
    "vnetSubnetID": ANY,
    "windowsProfile": {"disableOutboundNat": ANY},
    "workloadRuntime": ANY,
}
_CLUSTER: Shape = {
    "extendedLocation": {"name": ANY, "type": ANY},
    "identity": {
        "delegatedResources": Values({"location": ANY, "referralResource": ANY, "resourceId": ANY, "tenantId": ANY}),
        "type": ANY,
        "userAssignedIdentities": Values({}),
    },
    "kind": ANY,
    "location": ANY,
    "properties": {
        "aadProfile": {
            "adminGroupObjectIDs": ANY,
            "clientAppID": ANY,
            "enableAzureRBAC": ANY,
            "managed": ANY,
            "serverAppID": ANY,
            "serverAppSecret": ANY,
            "tenantID": ANY,
        },
        "addonProfiles": Values({"config": _FREE, "enabled": ANY}),
        "agentPoolProfiles": Items({**_POOL, "name": ANY}),
        "aiToolchainOperatorProfile": {"enabled": ANY},
        "apiServerAccessProfile": {
            "authorizedIPRanges": ANY,
            "disableRunCommand": ANY,
            "enablePrivateCluster": ANY,
            "enablePrivateClusterPublicFQDN": ANY,
            "enableVnetIntegration": ANY,
            "privateDNSZone": ANY,
            "subnetId": ANY,
        },
        "autoScalerProfile": {
            "balance-similar-node-groups": ANY,
            "daemonset-eviction-for-empty-nodes": ANY,
            "daemonset-eviction-for-occupied-nodes": ANY,
            "expander": ANY,
            "ignore-daemonsets-utilization": ANY,
            "max-empty-bulk-delete": ANY,
            "max-graceful-termination-sec": ANY,
            "max-node-provision-time": ANY,
            "max-total-unready-percentage": ANY,
            "new-pod-scale-up-delay": ANY,
            "ok-total-unready-count": ANY,
            "scale-down-delay-after-add": ANY,
            "scale-down-delay-after-delete": ANY,
            "scale-down-delay-after-failure": ANY,
            "scale-down-unneeded-time": ANY,
            "scale-down-unready-time": ANY,
            "scale-down-utilization-threshold": ANY,
            "scan-interval": ANY,
            "skip-nodes-with-local-storage": ANY,
            "skip-nodes-with-system-pods": ANY,
        },
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": ANY, "upgradeChannel": ANY},
        "azureMonitorProfile": {
            "metrics": {
                "enabled": ANY,
                "kubeStateMetrics": {"metricAnnotationsAllowList": ANY, "metricLabelsAllowlist": ANY},
            }
        },
        "bootstrapProfile": {"artifactSource": ANY, "containerRegistryId": ANY},
        "disableLocalAccounts": ANY,
        "diskEncryptionSetID": ANY,
        "dnsPrefix": ANY,
        "enableRBAC": ANY,
        "fqdnSubdomain": ANY,
        "httpProxyConfig": {"httpProxy": ANY, "httpsProxy": ANY, "noProxy": ANY, "trustedCa": ANY},
        "identityProfile": Values({"clientId": ANY, "objectId": ANY, "resourceId": ANY}),
        "ingressProfile": {
            "webAppRouting": {"dnsZoneResourceIds": ANY, "enabled": ANY, "nginx": {"defaultIngressControllerType": ANY}}
        },
        "kubernetesVersion": ANY,
        "linuxProfile": {"adminUsername": ANY, "ssh": {"publicKeys": Items({"keyData": ANY})}},
        "metricsProfile": {"costAnalysis": {"enabled": ANY}},
        "networkProfile": {
            "advancedNetworking": {
                "enabled": ANY,
                "observability": {"enabled": ANY},
                "security": {"advancedNetworkPolicies": ANY, "enabled": ANY},
            },
            "dnsServiceIP": ANY,
            "ipFamilies": ANY,
            "loadBalancerProfile": {
                "allocatedOutboundPorts": ANY,
                "backendPoolType": ANY,
                "enableMultipleStandardLoadBalancers": ANY,
                "idleTimeoutInMinutes": ANY,
                "managedOutboundIPs": {"count": ANY, "countIPv6": ANY},
                "outboundIPPrefixes": {"publicIPPrefixes": Items({"id": ANY})},
                "outboundIPs": {"publicIPs": Items({"id": ANY})},
            },
            "loadBalancerSku": ANY,
            "natGatewayProfile": {"idleTimeoutInMinutes": ANY, "managedOutboundIPProfile": {"count": ANY}},
            "networkDataplane": ANY,
            "networkMode": ANY,
            "networkPlugin": ANY,
            "networkPluginMode": ANY,
            "networkPolicy": ANY,
            "outboundType": ANY,
            "podCidr": ANY,
            "podCidrs": ANY,
            "serviceCidr": ANY,
            "serviceCidrs": ANY,
            "staticEgressGatewayProfile": {"enabled": ANY},
        },
        "nodeProvisioningProfile": {"defaultNodePools": ANY, "mode": ANY},
        "nodeResourceGroup": ANY,
        "nodeResourceGroupProfile": {"restrictionLevel": ANY},
        "oidcIssuerProfile": {"enabled": ANY},
        "podIdentityProfile": {
            "allowNetworkPluginKubenet": ANY,
            "enabled": ANY,
            "userAssignedIdentities": Items(
                {
                    "bindingSelector": ANY,
                    "identity": {"clientId": ANY, "objectId": ANY, "resourceId": ANY},
                    "name": ANY,
                    "namespace": ANY,
                }
            ),
            "userAssignedIdentityExceptions": Items({"name": ANY, "namespace": ANY, "podLabels": _FREE}),
        },
        "privateLinkResources": Items({"groupId": ANY, "id": ANY, "name": ANY, "requiredMembers": ANY, "type": ANY}),
        "publicNetworkAccess": ANY,
        "securityProfile": {
            "azureKeyVaultKms": {"enabled": ANY, "keyId": ANY, "keyVaultNetworkAccess": ANY, "keyVaultResourceId": ANY},
            "customCATrustCertificates": ANY,
            "defender": {"logAnalyticsWorkspaceResourceId": ANY, "securityMonitoring": {"enabled": ANY}},
            "imageCleaner": {"enabled": ANY, "intervalHours": ANY},
            "workloadIdentity": {"enabled": ANY},
        },
        "serviceMeshProfile": {
            "istio": {
                "certificateAuthority": {
                    "plugin": {
                        "certChainObjectName": ANY,
                        "certObjectName": ANY,
                        "keyObjectName": ANY,
                        "keyVaultId": ANY,
                        "rootCertObjectName": ANY,
                    }
                },
                "components": {
                    "egressGateways": Items(
                        {"enabled": ANY, "gatewayConfigurationName": ANY, "name": ANY, "namespace": ANY}
                    ),
                    "ingressGateways": Items({"enabled": ANY, "mode": ANY}),
                },
                "revisions": ANY,
            },
            "mode": ANY,
        },
        "servicePrincipalProfile": {"clientId": ANY, "secret": ANY},
        "status": {},
        "storageProfile": {
            "blobCSIDriver": {"enabled": ANY},
            "diskCSIDriver": {"enabled": ANY},
            "fileCSIDriver": {"enabled": ANY},
            "snapshotController": {"enabled": ANY},
        },
        "supportPlan": ANY,
        "upgradeSettings": {"overrideSettings": {"forceUpgrade": ANY, "until": ANY}},
        "windowsProfile": {
            "adminPassword": ANY,
            "adminUsername": ANY,
            "enableCSIProxy": ANY,
            "gmsaProfile": {"dnsServer": ANY, "enabled": ANY, "rootDomainName": ANY},
            "licenseType": ANY,
        },
        "workloadAutoScalerProfile": {"keda": {"enabled": ANY}, "verticalPodAutoscaler": {"enabled": ANY}},
    },
    "sku": {"name": ANY, "tier": ANY},
    "tags": _FREE,
}
_NAMESPACE: Shape = {
    "location": ANY,
    "properties": {
        "adoptionPolicy": ANY,
        "annotations": _FREE,
        "defaultNetworkPolicy": {"egress": ANY, "ingress": ANY},
        "defaultResourceQuota": {"cpuLimit": ANY, "cpuRequest": ANY, "memoryLimit": ANY, "memoryRequest": ANY},
        "deletePolicy": ANY,
        "labels": _FREE,
    },
    "tags": _FREE,
}
_COMMAND: Shape = {"clusterToken": ANY, "command": ANY, "context": ANY}
_EXTENSION: Shape = {
    "identity": {"type": ANY},
    "plan": {"name": ANY, "product": ANY, "promotionCode": ANY, "publisher": ANY, "version": ANY},
    "properties": {
        "aksAssignedIdentity": {"type": ANY},
        "autoUpgradeMinorVersion": ANY,
        "configurationProtectedSettings": _FREE,
        "configurationSettings": _FREE,
        "extensionType": ANY,
        "releaseTrain": ANY,
        "scope": {"cluster": {"releaseNamespace": ANY}, "namespace": {"targetNamespace": ANY}},
        "statuses": Items({"code": ANY, "displayStatus": ANY, "level": ANY, "message": ANY, "time": ANY}),
        "version": ANY,
    },
}
_EXTENSION_PATCH: Shape = {
    "properties": {
        "autoUpgradeMinorVersion": ANY,
        "configurationProtectedSettings": _FREE,
        "configurationSettings": _FREE,
        "releaseTrain": ANY,
        "version": ANY,
    }
}
_TAGS_ONLY: Shape = {"tags": _FREE}

_CONTAINERS, _EXTENSIONS = "azure.mgmt.containerservice.models", "azure.mgmt.kubernetesconfiguration.v2023_05_01.models"

BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "kubernetes cluster": Body(_CLUSTER, f"{_CONTAINERS}:ManagedCluster"),
        "kubernetes cluster patch": Body(_TAGS_ONLY, f"{_CONTAINERS}:TagsObject"),
        "node pool": Body({"properties": _POOL}, f"{_CONTAINERS}:AgentPool"),
        "kubernetes namespace": Body(_NAMESPACE, f"{_CONTAINERS}:ManagedNamespace"),
        "kubernetes namespace patch": Body(_TAGS_ONLY, f"{_CONTAINERS}:TagsObject"),
        "kubernetes command": Body(_COMMAND, f"{_CONTAINERS}:RunCommandRequest"),
        "cluster extension": Body(_EXTENSION, f"{_EXTENSIONS}:Extension"),
        "cluster extension patch": Body(_EXTENSION_PATCH, f"{_EXTENSIONS}:PatchExtension"),
    }
)

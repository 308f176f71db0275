"""What mail servers say about mails that did not arrive, in Chinese and in English, as patterns."""

import re


def _any(*phrases: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE | flags)


BOUNCE_SUBJECT = _any(
    r"退信|退回|未送达|未传递|未能送达|(投递|发送|发信)失败",
    r"无法(投递|送达|传递|发送)",
    r"undeliver|returned (mail|to sender)|non.?delivery|delivery report|system bounce|bounced",
    r"delivery (failure|has failed|fail)|delivery status notification ?\(fail",
    r"failure (notice|delivery)|mail delivery (failed|system)",
)

LATE = _any(
    r"\(delay\)|delayed|warning: (could not send|message)|not yet been delivered|still being retried",
    r"no action is required|will (keep|continue) (trying|to retry)",
    r"(暂未|尚未|延迟)(投递|送达|传递)|将继续(尝试|重试)|邮件(投递)?延迟",
)

FULL = _any(
    r"(邮箱|信箱|空间|容量).{0,4}(已满|不足|已用完)|超过.{0,6}配额",
    r"quota|mailbox (is )?full|full mailbox|insufficient (system )?storage|out of storage",
)

UNKNOWN = _any(
    r"(地址|帐号|账号|帐户|账户|用户|邮箱|收件人|信箱)[^。\n]{0,40}?(不存在|无效|未找到|找不到|已被?(注销|禁用|停用|冻结))",
    r"(无此|没有此|没有这个|查无此|不存在的)(用户|收件人|帐号|账号|邮箱|人)|未开通",
    r"(user|recipient|mailbox|address) unknown|unknown (or illegal|user|recipient|mailbox|address)",
    r"(no such|invalid) (user|recipient|mailbox|address)|user (is )?not (found|exist)|address not found",
    r"(user|recipient|account|mailbox|address) (does not|doesn't|not) exist|that you tried to reach does not exist",
    r"(mailbox|user|recipient|account) (not found|unavailable|is disabled|disabled|suspended)",
    r"unrouteable address|(host|domain) unknown|unknown host|(host|domain name) not found|域名.{0,10}(不存在|无法解析)",
    r"no mailbox here|doesn't have an? .{0,30}account|couldn't be found",
)

FAILED = _any(
    r"退信|被退回|无法(投递|送达|传递|发送)|(未|未能|没有)(送达|传递|投递)|(投递|发送|传递)失败|被.{0,20}(拒收|拒绝)|拒收",
    r"rejected|undeliver|permanent (fatal )?error|message could not be|failed permanently",
    r"(could ?n[o']t|not|can't) be delivered|(could ?n[o']t|(unable|not able) to) deliver",
    r"was ?n[o']t (able to )?deliver",
    r"delivery (to the following .{0,40})?failed|host (or domain name )?not found",
)

ORIGINAL_BELOW = _any(
    r"^[^\w\n]{0,40}(below this line is|this is a copy of (the|your) message|(original|returned) message)",
    r"^[^\w\n]{0,40}(message (header|text) follows|unsent message below|received: from|return-path:|message-id\s?:)",
    r"^[^\w\n]{0,40}(原(始|信|来的)?邮件(信息|内容|正文|头)?\W{0,20}$|邮件原件|原信(内容|如下))",
    flags=re.MULTILINE,
)
"Where a notice ends and the mail that it is about begins."

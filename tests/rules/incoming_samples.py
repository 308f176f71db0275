"""Incoming mails as mail programs and servers really shape them, built anew with our addresses.

Each takes `to` (our address with its token), `sender` and `original` (a mail of ours, from `our_mail`).
"""

import base64
import html
import quopri
from collections.abc import Callable, Sequence
from email import message_from_bytes

OURS = "duijie+b0123456789abcdef@ga.example"
ZHANG = "zhang@linjiang.example"
MESSAGE_ID = "1453000000.0123456789abcdef@ga.example"
ANSWER = "已核验，照片清晰，今日签发。"
MARKER = "——— 请在此行以上回复 · Please reply above this line ———"
DATED = "2016-01-06 09:00:00"

Sample = Callable[[str, str, bytes], bytes]


def our_mail(to: str = ZHANG, sender: str = OURS, *, message_id: str = MESSAGE_ID, marked: bool = True) -> bytes:
    """What the portal sends: with the line above which people answer, or without."""
    text = (
        f"{MARKER}\n\n" * marked
        + "协办单 XB2016-000123-7 将到时限。\n\n请于1月6日17:00前办理。\nhttps://duijie.example/t/7\n"
    )
    return mail(
        {
            "From": word("对接平台", sender),
            "To": f"<{to}>",
            "Subject": word("[XB2016-000123-7] 即将到时限"),
            "Message-ID": f"<{message_id}>",
            "Auto-Submitted": "auto-generated",
            "X-Duijie-Kind": "reminder",
            **text_fields(),
        },
        base64.encodebytes(text.encode()),
    )


def mail(fields: dict[str, str | bytes], body: bytes | str) -> bytes:
    """Raw bytes, lines ended as on the wire."""
    head = b"".join(
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\n"
        for name, value in fields.items()
    )
    whole = head + b"\n" + (body.encode() if isinstance(body, str) else body)
    return whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def text_fields(
    media_type: str = "text/plain", charset: str = "utf-8", coding: str = "base64"
) -> dict[str, str | bytes]:
    return {
        "MIME-Version": "1.0",
        "Content-Type": f"{media_type}; charset={charset}",
        "Content-Transfer-Encoding": coding,
    }


def in_charset(text: str, charset: str) -> bytes:
    """As senders write it: what they call GB2312 is what their system has, which is more."""
    return text.encode("gb18030" if charset.lower().startswith("gb") else charset)


def word(text: str, address: str = "", charset: str = "utf-8") -> str:
    """An encoded word, with the address that it names."""
    encoded = base64.b64encode(in_charset(text, charset)).decode()
    return f"=?{charset}?B?{encoded}?=" + f" <{address}>" * bool(address)


def multipart(subtype: str, parts: Sequence[bytes], extra: str = "") -> tuple[dict[str, str | bytes], bytes]:
    """The fields and the body of parts that each have their own fields."""
    boundary = f"=_{subtype}_568c8e5f"
    body = b"".join(b"--" + boundary.encode() + b"\n" + part + b"\n" for part in parts)
    fields: dict[str, str | bytes] = {
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/{subtype}; {extra}boundary="{boundary}"',
    }
    return fields, b"This is a multi-part message in MIME format.\n" + body + b"--" + boundary.encode() + b"--\n"


def text_part(text: str, media_type: str = "text/plain", charset: str = "utf-8") -> bytes:
    encoded = in_charset(text, charset)
    return mail(text_fields(media_type, charset), base64.encodebytes(encoded))


def identifier_of(original: bytes) -> str:
    return str(message_from_bytes(original)["Message-ID"])


def quoted_text(original: bytes) -> str:
    """What a mail program quotes of our mail."""
    payload = message_from_bytes(original).get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _from_a_person(to: str, sender: str, original: bytes, **fields: str | bytes) -> dict[str, str | bytes]:
    identifier = identifier_of(original)
    return {
        "Return-Path": f"<{sender}>",
        "Delivered-To": to,
        "Received": "from mail.linjiang.example ([192.0.2.7]) by mx.ga.example; Wed, 6 Jan 2016 10:00:00 +0800",
        "From": word("张三", sender),
        "To": f"{word('对接平台')} <{to}>",
        "Subject": word("回复: [XB2016-000123-7] 即将到时限"),
        "Message-ID": "<answer.1@linjiang.example>",
        "In-Reply-To": identifier,
        "References": identifier,
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }


def _from_a_server(to: str, sender: str, subject: str) -> dict[str, str | bytes]:
    return {
        "Return-Path": "<>",
        "Delivered-To": to,
        "From": f"<{sender}>",
        "To": f"<{to}>",
        "Subject": subject if subject.isascii() else word(subject),
        "Message-ID": "<notice.1@mx.example>",
    }


def _plain(to: str, sender: str, original: bytes, text: str, charset: str = "utf-8") -> bytes:
    coded = base64.encodebytes(in_charset(text, charset))
    return mail({**_from_a_person(to, sender, original), **text_fields("text/plain", charset)}, coded)


def _alternatives(to: str, sender: str, original: bytes, text: str, page: str, charset: str = "utf-8") -> bytes:
    fields, body = multipart("alternative", [text_part(text, charset=charset), text_part(page, "text/html", charset)])
    return mail({**_from_a_person(to, sender, original), **fields}, body)


def _page(to: str, sender: str, original: bytes, page: str, charset: str = "utf-8") -> bytes:
    coded = base64.encodebytes(in_charset(page, charset))
    return mail({**_from_a_person(to, sender, original), **text_fields("text/html", charset)}, coded)


def _prefixed(text: str, prefix: str = "> ") -> str:
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


def _as_page(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.splitlines())


# What people send


def plain_reply(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return _plain(
        to,
        sender,
        original,
        f"{ANSWER}\n\nOn Wed, Jan 6, 2016 at 9:00 AM, 对接平台\n<{to}> wrote:\n{_prefixed(quoted_text(original))}",
    )


def gb2312_that_holds_gb18030(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """The name 𠮷 and the 镕 of 朱镕基 are not in GB2312."""
    return _plain(to, sender, original, "李镕𠮷的照片清晰，今日签发。", "gb2312")


def no_charset(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    fields = {**_from_a_person(to, sender, original), "Content-Type": "text/plain", "Content-Transfer-Encoding": "8bit"}
    return mail(fields, ANSWER.encode("gbk"))


def rubbish_charset(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    fields = _from_a_person(to, sender, original, Content_Type='text/plain; charset="gb18030; foo"; format=flowed')
    return mail(fields, ANSWER.encode("gb18030"))


def raw_gbk_headers(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """As old programs of offices send them, without any encoding."""
    fields = _from_a_person(
        to, sender, original, From='"张三"'.encode("gbk") + f" <{sender}>".encode(), Subject="照片清晰".encode("gbk")
    )
    return mail(fields, ANSWER.encode("gbk"))


def html_only(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    page = (
        "<html><head><style>p{margin:0}</style><title>x</title></head><body><p>已核验，照片清晰，</p><p>今日&nbsp;签发。</p>"
        f"<script>alert(1)</script><blockquote type='cite'>{_as_page(quoted_text(original))}</blockquote></body></html>"
    )
    return _page(to, sender, original, page, "gbk")


def quoted_printable_damaged(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    fields = {**_from_a_person(to, sender, original), **text_fields(coding="quoted-printable")}
    return mail(fields, quopri.encodestring(ANSWER.encode()) + b"=ZZ=\n")


def base64_damaged(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    fields = {**_from_a_person(to, sender, original), **text_fields()}
    return mail(fields, base64.encodebytes(ANSWER.encode()).rstrip(b"=\n") + b"!!\n\n-- added by a gateway --\n"[:2])


def outlook_reply_zh(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    quote = quoted_text(original)
    text = (
        f"{ANSWER}\n\n-----邮件原件-----\n发件人: 对接平台 [mailto:{to}] \n发送时间: 2016年1月6日 9:00\n收件人: 张三\n"
        f"主题: [XB2016-000123-7] 即将到时限\n\n{quote}"
    )
    page = (
        f"<div class=WordSection1><p class=MsoNormal><span>{ANSWER}</span></p><div><div style='border:none;border-top:"
        "solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b><span>发件人<span lang=EN-US>:</span></span></b>"
        f"<span> 对接平台 [mailto:{to}] <br></span><b><span>发送时间<span lang=EN-US>:</span></span></b><span> 2016年1月6日 9:00<br>"
        "</span><b>收件人:</b> 张三<br><b>主题:</b> [XB2016-000123-7] 即将到时限</p></div></div>"
        f"{_as_page(quote)}</div>"
    )
    return _alternatives(to, sender, original, text, page, "gb2312")


def outlook_web_reply(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    page = (
        f'<div dir="ltr">{ANSWER}</div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg"><b>From:</b> {to}<br>'
        f"<b>Sent:</b> Wednesday<br></div><div>{_as_page(quoted_text(original))}</div>"
    )
    return _page(to, sender, original, page)


def iphone_reply_zh(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    quote = _prefixed(quoted_text(original))
    return _plain(
        to,
        sender,
        original,
        f"{ANSWER}\n\n发自我的 iPhone\n\n> 在 2016年1月6日，09:00，对接平台 <{to}> 写道：\n> \n{quote}",
    )


def netease_163_reply(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    quote = quoted_text(original)
    text = f'{ANSWER}\n\n\n\n\n\nAt {DATED}, "对接平台" <{to}> wrote:\n{_prefixed(quote, ">")}'
    page = (
        f'<div style="line-height:1.7;color:#000000">{ANSWER}<br/><br/><br/><pre>At {DATED}, "对接平台" &lt;{to}&gt; wrote:\n</pre>'
        f'<blockquote id="isReplyContent" style="PADDING-LEFT: 1ex">{_as_page(quote)}</blockquote></div>'
    )
    return _alternatives(to, sender, original, text, page, "GBK")


def gmail_reply_zh(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    quote = quoted_text(original)
    said = f"对接平台 <{to}> 于2016年1月6日周三 上午9:00写道："
    page = (
        f'<div dir="ltr">{ANSWER}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{html.escape(said)}<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{_as_page(quote)}</blockquote></div>'
    )
    return _alternatives(to, sender, original, f"{ANSWER}\n\n{said}\n\n{_prefixed(quote)}", page)


def qq_reply_html(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    quote = quoted_text(original)
    head = f'"对接平台"<{to}>;'
    text = (
        f"{ANSWER}\n\n\n\n\n------------------&nbsp;原始邮件&nbsp;------------------\n发件人:&nbsp;{head}\n"
        f'发送时间:&nbsp;2016年1月6日(星期三) 上午9:00\n收件人:&nbsp;"张三";\n主题:&nbsp;即将到时限\n\n\n\n{quote}'
    )
    page = (
        f"<div>{ANSWER}</div><div><br></div><div><includetail><div>&nbsp;</div><div>------------------&nbsp;原始邮件&nbsp;"
        f'------------------</div><div style="background:#efefef"><div><b>发件人:</b>&nbsp;{html.escape(head)}</div></div>'
        f"{_as_page(quote)}</includetail></div>"
    )
    return _alternatives(to, sender, original, text, page, "gb18030")


def foxmail_reply(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    text = (
        f"{ANSWER}\n\n\n\n{sender}\n \n发件人： 对接平台\n发送时间： 2016-01-06 09:00\n收件人： 张三\n主题： 即将到时限\n"
        f"{quoted_text(original)}"
    )
    return _plain(to, sender, original, text, "GB2312")


def with_attachments(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """The three ways in which programs write a Chinese file name."""
    files = (
        "filename*=GB18030''%BA%CB%D1%E9%B1%ED.doc",
        f'filename="{word("核验表.xls", charset="gb2312")}"',
        "filename*0*=UTF-8''..%2F..%2F%E7%85%A7; filename*1*=%E7%89%87.jpg",
    )
    parts = [text_part(ANSWER)] + [
        mail({"Content-Type": "application/octet-stream", "Content-Disposition": f"attachment; {name}",
              "Content-Transfer-Encoding": "base64"}, base64.encodebytes(b"\x00\x01file"))
        for name in files
    ]  # fmt: skip
    fields, body = multipart("mixed", parts)
    return mail({**_from_a_person(to, sender, original), **fields}, body)


def forged_from(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """The address of the contact stands only in the name."""
    return mail(_from_a_person(to, sender, original, From=f'"{sender}" <mallory@evil.example>'), ANSWER)


def two_senders(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return mail(_from_a_person(to, sender, original, From=f"{sender}, mallory@evil.example"), ANSWER)


def malformed_mime(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """The boundary that is declared never comes."""
    fields = _from_a_person(to, sender, original, Content_Type='multipart/mixed; boundary="there is none"')
    return mail(fields, f"--other\nContent-Type: text/plain\n\n{ANSWER}\n")


def truncated(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    whole = with_attachments(to, sender, original)
    return whole[: len(whole) * 2 // 3]


def deeply_nested(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    body = "".join(f"--{level}\nContent-Type: multipart/mixed; boundary={level + 1}\n\n" for level in range(2000))
    return mail(_from_a_person(to, sender, original, Content_Type="multipart/mixed; boundary=0"), body)


def ten_thousand_parts(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    fields, body = multipart("mixed", [b"\n" + ANSWER.encode()] * 10_000)
    return mail({**_from_a_person(to, sender, original), **fields}, body)


def huge(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """Thirty megabytes of text."""
    return mail(_from_a_person(to, sender, original), f"{ANSWER}\n".encode() + b"x" * 79 * 400_000)


def header_flood(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return mail(_from_a_person(to, sender, original), ANSWER).replace(
        b"\r\n\r\n", b"\r\n" + b"X-Spam: 1\r\n" * 50_000 + b"\r\n", 1
    )


def person_about_a_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return _plain(to, sender, original, "我发给昌邑分局的邮件被退信，提示550 收件人地址不存在，请更新联系方式。")


# What machines send


def out_of_office_zh(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    fields = _from_a_person(
        to, sender, original, Subject=word("自动回复: 即将到时限"), Auto_Submitted="auto-replied", Return_Path="<>"
    )
    return mail(
        {**fields, "X-Auto-Response-Suppress": "All"}, "我于1月4日至1月8日外出培训，无法及时处理邮件，急事请联系李四。"
    )


def qq_auto_reply(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """Nothing in its header but the subject tells."""
    return mail(
        _from_a_person(to, sender, original, Subject=word("自动回复:即将到时限", charset="gbk")), "您好，邮件已收到。"
    )


def from_a_mailing_list(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return mail(
        {**_from_a_person(to, sender, original), "List-Id": "<all.linjiang.example>", "Precedence": "list"}, ANSWER
    )


def from_no_reply(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return mail(_from_a_person(to, f"no-reply@{sender.partition('@')[2]}", original), "请勿回复本邮件。")


def our_own_mail(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    """Redirected by the mailbox of the recipient, or delivered to our own."""
    return mail({"Delivered-To": to, "Return-Path": f"<{sender}>"}, b"")[:-2] + original


def in_circles(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    hop = b"Received: from a.example by b.example; Wed, 6 Jan 2016 10:00:00 +0800\r\n"
    return hop * 31 + mail(_from_a_person(to, sender, original), ANSWER)


def read_receipt(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    identifier = identifier_of(original)
    status = f"Final-Recipient: rfc822;{sender}\nOriginal-Message-ID: {identifier}\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    fields, body = multipart(
        "report",
        [text_part("这是您发给张三的邮件的回执。"), mail({"Content-Type": "message/disposition-notification"}, status)],
        "report-type=disposition-notification; ",
    )
    return mail({**_from_a_person(to, sender, original, Subject=word("已读: 即将到时限")), **fields}, body)


# What mail servers send


def dsn(
    to: str = OURS,
    sender: str = ZHANG,
    original: bytes = our_mail(),
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "550 5.1.1 <zhang@linjiang.example>: Recipient address rejected: User unknown",
    notice: str = "This is the mail system at host mx.example. Your message could not be delivered.",
    charset: str = "utf-8",
    subject: str = "Undelivered Mail Returned to Sender",
    from_address: str = "MAILER-DAEMON@mx.example",
    only_head: bool = False,
) -> bytes:
    """A standard report, RFC 3464."""
    fields = (
        f"Reporting-MTA: dns; mx.example\nArrival-Date: Wed, 6 Jan 2016 10:00:00 +0800\n\nFinal-Recipient: rfc822; {sender}\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {diagnostic}\n"
    )
    returned = original.partition(b"\r\n\r\n")[0] + b"\r\n" if only_head else original
    media_type = "text/rfc822-headers" if only_head else "message/rfc822"
    parts = [
        text_part(notice, charset=charset),
        mail({"Content-Type": "message/delivery-status"}, fields),
        mail({"Content-Type": media_type}, returned),
    ]
    head, body = multipart("report", parts, "report-type=delivery-status; ")
    return mail({**_from_a_server(to, from_address, subject), "Auto-Submitted": "auto-replied", **head}, body)


def mailbox_full(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return dsn(to, sender, original, status="5.2.2", diagnostic="552 5.2.2 Mailbox full: quota exceeded")


def delayed_dsn(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return dsn(to, sender, original, action="delayed", status="4.4.1", diagnostic="connect to mx: Connection timed out",
               subject="Delayed Mail (still being retried)")  # fmt: skip


def relayed_dsn(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return dsn(to, sender, original, action="relayed", status="2.0.0", diagnostic="250 ok",
               subject="Successful Mail Delivery Report")  # fmt: skip


def dsn_in_gb18030(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return dsn(to, sender, original, notice="您的邮件无法投递，收件人不存在。", charset="gb2312", only_head=True)


def exchange_ndr_zh(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = f"无法传递到以下收件人或组:\n\n张三 ({sender})\n未找到您输入的电子邮件地址。请检查收件人的电子邮件地址，然后尝试重新发送邮件。"
    return dsn(
        to, sender, original, status="5.1.10", diagnostic="550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
        notice=notice, charset="gb2312", subject="未传递: 即将到时限",
        from_address="MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@linjiang.example",
    )  # fmt: skip


def _told(
    to: str, server: str, subject: str, notice: str, charset: str = "utf-8", media_type: str = "text/plain"
) -> bytes:
    coded = base64.encodebytes(in_charset(notice, charset))
    return mail({**_from_a_server(to, server, subject), **text_fields(media_type, charset)}, coded)


def qq_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = (
        "<div><b>抱歉，您的邮件被退回来了……</b></div><table><tr><td>原邮件信息：</td></tr><tr><td>主题：</td><td>即将到时限</td></tr></table>"
        f"<p>无法发送到 {sender}</p><p>退信原因：收件人邮件地址（{sender}）不存在，邮件无法送达。</p>"
        "<p>host mx.linjiang.example said: 550 Mailbox not found</p><p>此邮件由腾讯QQ邮件系统自动发出，请勿直接回复。</p>"
    )
    return _told(to, "PostMaster@qq.com", "系统退信", notice, "gb18030", "text/html")


def netease_163_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = (
        f"很抱歉，您的邮件未能成功送达。\n\n收件人：{sender}\n退信原因：收件人地址不存在\n\n英文说明：550 User not found: {sender}\n\n"
        f"原邮件信息\n------------------\nMessage-ID: {identifier_of(original)}\nTo: li@other.example\n"
    )
    return _told(to, "Postmaster@163.com", "系统退信", notice, "gbk")


def netease_126_full(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    return _told(
        to, "postmaster@126.com", "系统退信", f"您发给 {sender} 的邮件被退回，原因：对方邮箱已满，请稍后再试。"
    )


def sina_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = f"您好，您的邮件无法投递到下列地址：\n\n<{sender}>:\n该用户不存在 (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
    return _told(to, "MAILER-DAEMON@sina.com", "系统退信/Systems bounce", notice + original.decode(), "gb2312")


def aliyun_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = f"阿里云邮箱 退信通知\n收件人: {sender}\n错误代码: 554\n错误原因: 554 Reject by behaviour spam at RCPT stage\n邮件被对方拒收。"
    return _told(to, "postmaster@service.aliyun.com", "退信通知", notice)


def exmail_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = (
        f"您发往 {sender} 的邮件被退回。\n退信理由：\n\t该用户未开通企业邮箱\n\tmx.linjiang.example: 550 no such user\n"
    )
    return _told(to, "postmaster@exmail.qq.com", "您的邮件被退回", notice)


def coremail_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = f"您的邮件发送失败。以下收件人的投递失败：\n\n{sender}\n原因: SMTP error, RCPT TO: 550 User suspended\n"
    report, body = multipart(
        "mixed", [text_part(notice, charset="gbk"), mail({"Content-Type": "message/rfc822"}, original)]
    )
    return mail({**_from_a_server(to, "postmaster@coremail.example", "邮件投递失败"), **report}, body)


def qmail_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = (
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following\n"
        "addresses. This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{sender}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
    )
    return mail(_from_a_server(to, "MAILER-DAEMON@mx.example", "failure notice"), notice.encode() + original)


def exim_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to "
        f"one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {sender}\n"
        "    SMTP error from remote mail server after RCPT TO:<x>:\n    host mx.linjiang.example: 550 unrouteable address\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n"
    )
    fields = _from_a_server(to, "Mailer-Daemon@mx.example", "Mail delivery failed: returning message to sender")
    return mail({**fields, "X-Failed-Recipients": sender}, notice.encode() + original)


def sendmail_bounce(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = (
        "The original message was received at Wed, 6 Jan 2016 09:00:00 +0800\n\n   ----- The following addresses had permanent "
        f"fatal errors -----\n<{sender}>\n\n   ----- Transcript of session follows -----\n550 <{sender}>... Host unknown (Name server)\n"
        "\n   ----- Original message follows -----\n\n"
    )
    fields = _from_a_server(to, "MAILER-DAEMON@old.example", "Returned mail: Host unknown")
    return mail(fields, notice.encode() + original)


def exim_delay(to: str = OURS, sender: str = ZHANG, original: bytes = our_mail()) -> bytes:
    notice = f"A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours:\n  {sender}\nNo action is required on your part."
    return mail(_from_a_server(to, "Mailer-Daemon@mx.example", "Warning: message 1aGk delayed 24 hours"), notice)


FROM_PEOPLE: tuple[Sample, ...] = (
    plain_reply, gb2312_that_holds_gb18030, no_charset, rubbish_charset, raw_gbk_headers, html_only,
    quoted_printable_damaged, base64_damaged, outlook_reply_zh, outlook_web_reply, iphone_reply_zh, netease_163_reply,
    gmail_reply_zh, qq_reply_html, foxmail_reply, with_attachments, forged_from, two_senders, malformed_mime, truncated,
    deeply_nested, ten_thousand_parts, huge, header_flood, person_about_a_bounce,
)  # fmt: skip
REPLIES: tuple[Sample, ...] = (
    plain_reply, outlook_reply_zh, outlook_web_reply, iphone_reply_zh, netease_163_reply, gmail_reply_zh, qq_reply_html,
)  # fmt: skip
"Those that quote the original."

AUTOMATIC: tuple[Sample, ...] = (out_of_office_zh, qq_auto_reply, from_a_mailing_list, from_no_reply, read_receipt)
LOOPS: tuple[Sample, ...] = (our_own_mail, in_circles)
DELAYS: tuple[Sample, ...] = (delayed_dsn, relayed_dsn, exim_delay)
BOUNCES: tuple[Sample, ...] = (
    dsn, mailbox_full, dsn_in_gb18030, exchange_ndr_zh, qq_bounce, netease_163_bounce, netease_126_full, sina_bounce,
    aliyun_bounce, exmail_bounce, coremail_bounce, qmail_bounce, exim_bounce, sendmail_bounce,
)  # fmt: skip
ALL: tuple[Sample, ...] = (*FROM_PEOPLE, *AUTOMATIC, *LOOPS, *DELAYS, *BOUNCES)
